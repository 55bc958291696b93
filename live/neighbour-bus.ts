// The bus of an edge that has a node in its own process, and of that node: the two hear each other whatever becomes of the network.
//
// What either says goes both ways, over the hub of the process and over the wide bus; what the neighbour said is believed from
// the hub alone, so nothing is heard twice. Up or down is the wide bus: core must know when the others cannot be heard.

import type { BusMessage } from "../core/trunk.ts";
import type { Bus, BusListener } from "./bus/bus.ts";
import type { BusCounts } from "./bus/bus-counts.ts";

export class NeighbourBus implements Bus {
  readonly #local: Bus;
  readonly #wide: Bus & { readonly counts: BusCounts };
  readonly #neighbourId: string;

  constructor(local: Bus, wide: Bus & { readonly counts: BusCounts }, neighbourId: string) {
    this.#local = local;
    this.#wide = wide;
    this.#neighbourId = neighbourId;
  }

  get isUp(): boolean {
    return this.#wide.isUp;
  }

  get counts(): BusCounts {
    return this.#wide.counts;
  }

  publish(subject: string, message: BusMessage): void {
    this.#local.publish(subject, message);
    this.#wide.publish(subject, message);
  }

  subscribe(subject: string, listener: BusListener): void {
    this.#local.subscribe(subject, listener);
    this.#wide.subscribe(subject, (message, sender) => {
      if (sender.id !== this.#neighbourId) listener(message, sender);
    });
  }

  onChange(listener: (isUp: boolean) => void): void {
    this.#wide.onChange(listener);
  }

  async close(): Promise<void> {
    await this.#wide.close();
    await this.#local.close();
  }
}

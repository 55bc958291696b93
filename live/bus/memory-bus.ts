// The bus of one process: no server needed.
//
// A hub joins the handles. What is published is heard after the publisher's turn, by everybody but the publisher, in the order in which it
// was published: one queue for all, so no order between senders is lost either. As on a real bus, what is published while it is down is
// lost; unlike on a real one, nothing is encoded: messages are values that never change.

import type { BusMessage } from "../../core/trunk.ts";
import type { Bus, BusListener, BusSender } from "./bus.ts";
import { BusCounts } from "./bus-counts.ts";

interface Posting {
  readonly subject: string;
  readonly message: BusMessage;
  readonly by: MemoryBus;
}

export class MemoryHub {
  readonly #handles = new Set<MemoryBus>();
  #queue: Posting[] = [];
  #isUp = true;

  get isUp(): boolean {
    return this.#isUp;
  }

  /** A handle for one process, or one role in it. */
  open(sender: BusSender): MemoryBus {
    const bus = new MemoryBus(this, sender);
    this.#handles.add(bus);
    return bus;
  }

  /** For tests: a bus that is down loses what is published, and what is under way. */
  setUp(isUp: boolean): void {
    if (this.#isUp === isUp) return;
    this.#isUp = isUp;
    if (!isUp) this.#queue = [];
    for (const handle of this.#handles) handle.upChanged(isUp);
  }

  post(posting: Posting): void {
    this.#queue.push(posting);
    if (this.#queue.length === 1) setImmediate(this.#deliver);
  }

  forget(handle: MemoryBus): void {
    this.#handles.delete(handle);
  }

  /** What listeners publish meanwhile comes with the next round. */
  readonly #deliver = (): void => {
    const queue = this.#queue;
    this.#queue = [];
    for (const { subject, message, by } of queue) {
      for (const handle of this.#handles) {
        if (handle !== by) handle.hear(subject, message, by.sender);
      }
    }
  };
}

export class MemoryBus implements Bus {
  readonly sender: BusSender;
  readonly counts = new BusCounts();
  readonly #hub: MemoryHub;
  readonly #listeners = new Map<string, BusListener[]>();
  readonly #onChange: ((isUp: boolean) => void)[] = [];
  #isClosed = false;

  constructor(hub: MemoryHub, sender: BusSender) {
    this.#hub = hub;
    this.sender = sender;
  }

  get isUp(): boolean {
    return this.#hub.isUp && !this.#isClosed;
  }

  publish(subject: string, message: BusMessage): void {
    if (!this.isUp) {
      this.counts.lost++;
      return;
    }
    this.counts.published++;
    this.#hub.post({ subject, message, by: this });
  }

  subscribe(subject: string, listener: BusListener): void {
    const known = this.#listeners.get(subject);
    if (known === undefined) this.#listeners.set(subject, [listener]);
    else known.push(listener);
  }

  onChange(listener: (isUp: boolean) => void): void {
    this.#onChange.push(listener);
  }

  /** From the hub. */
  hear(subject: string, message: BusMessage, sender: BusSender): void {
    const listeners = this.#listeners.get(subject);
    if (listeners === undefined) return;
    this.counts.heard++;
    for (const listener of listeners) listener(message, sender);
  }

  /** From the hub. */
  upChanged(isUp: boolean): void {
    for (const listener of this.#onChange) listener(isUp);
  }

  /** What it published is still heard. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#hub.forget(this);
    return Promise.resolve();
  }
}

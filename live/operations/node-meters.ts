// What a node's driver counts as it performs the orders of core.

import type { DeliveryClass } from "../../core/protocol/message.ts";
import type { RefusalReason } from "../../core/trunk.ts";
import { Tally, TrunkMeters } from "./tally.ts";

export class NodeMeters {
  readonly trunks = new TrunkMeters();
  readonly refusalsByReason = new Tally();
  /** joined, replay, snapshot. */
  readonly grantsByMode = new Tally();
  /** By delivery class. */
  readonly relayedByClass = new Float64Array(4);
  attaches = 0;
  deliveries = 0;
  multicasts = 0;
  closesAsked = 0;
  lives = 0;
  stepDowns = 0;

  /** An edge asks to let somebody in. */
  attachAsked(): void {
    this.attaches++;
  }

  attached(mode: "joined" | "replay" | "snapshot"): void {
    this.grantsByMode.add(mode);
  }

  refused(reason: RefusalReason): void {
    this.refusalsByReason.add(reason);
  }

  /** A message came from an edge. */
  relayed(deliveryClass: DeliveryClass): void {
    this.relayedByClass[deliveryClass] = this.relayedByClass[deliveryClass]! + 1;
  }

  /** One frame to an edge for all members of a room there. */
  multicast(): void {
    this.multicasts++;
  }

  /** One frame to an edge for one connection. */
  delivered(): void {
    this.deliveries++;
  }

  closeAsked(): void {
    this.closesAsked++;
  }

  /** A life of the node began. */
  lifeBegan(): void {
    this.lives++;
  }

  /** Core gave a life up because others hold it to be gone. */
  steppedDown(): void {
    this.stepDowns++;
  }
}

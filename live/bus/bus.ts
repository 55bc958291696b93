// The bus: what edges and nodes tell everybody, and nodes each other.
//
// Subjects are core's: "cluster" (everybody) and "node.<id>". Who hears does so outside of any turn of core, in the order in which
// one sender spoke; nobody hears himself. A bus may be down for a while: what is published meanwhile is lost, and said to be so.

import type { BusMessage } from "../../core/trunk.ts";

/** Who speaks, and how to reach it. Travels with every message. */
export interface BusSender {
  /** Of the process: edge or node id. */
  readonly id: string;
  /** Where edges dial this node; "" for an edge, or for a node in the same process. */
  readonly trunkUrl: string;
}

export type BusListener = (message: BusMessage, sender: BusSender) => void;

export interface Bus {
  /** Whether what is published now can arrive. */
  readonly isUp: boolean;
  publish(subject: string, message: BusMessage): void;
  /** Hears a subject from now on. */
  subscribe(subject: string, listener: BusListener): void;
  /** Tells every change of `isUp`. */
  onChange(listener: (isUp: boolean) => void): void;
  /** Sends what is under way, then closes. */
  close(): Promise<void>;
}

// A node's orders as values, in the order in which they were given: for tests, and for traces.

import type { CloseCode } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { AttachGrant, BusMessage, Refusal } from "../trunk.ts";
import type { NodeOutbox } from "./node-outbox.ts";

export type NodeOrder =
  | { order: "attached"; edge: number; connection: number; grant: AttachGrant }
  | { order: "refused"; edge: number; connection: number; refusal: Refusal }
  | { order: "multicast"; edge: number; room: number; except: number; message: Message }
  | {
      order: "deliver";
      edge: number;
      connection: number;
      session: number;
      message: Message;
      s: number;
    }
  | { order: "close"; edge: number; connection: number; session: number; code: CloseCode }
  | { order: "publish"; subject: string; message: BusMessage }
  | { order: "dropTrunk"; edge: number }
  | { order: "stepDown" }
  | { order: "allocateSfu"; room: number; roomId: string }
  | { order: "toSfu"; room: number; session: number; message: Message };

export class RecordingNodeOutbox implements NodeOutbox {
  #orders: NodeOrder[] = [];

  /** What was ordered since this was asked last. */
  take(): NodeOrder[] {
    const orders = this.#orders;
    this.#orders = [];
    return orders;
  }

  attached(edge: number, connection: number, grant: AttachGrant): void {
    this.#orders.push({ order: "attached", edge, connection, grant });
  }

  refused(edge: number, connection: number, refusal: Refusal): void {
    this.#orders.push({ order: "refused", edge, connection, refusal });
  }

  multicast(edge: number, room: number, except: number, message: Message): void {
    this.#orders.push({ order: "multicast", edge, room, except, message });
  }

  deliver(edge: number, connection: number, session: number, message: Message, s: number): void {
    this.#orders.push({ order: "deliver", edge, connection, session, message, s });
  }

  close(edge: number, connection: number, session: number, code: CloseCode): void {
    this.#orders.push({ order: "close", edge, connection, session, code });
  }

  publish(subject: string, message: BusMessage): void {
    this.#orders.push({ order: "publish", subject, message });
  }

  dropTrunk(edge: number): void {
    this.#orders.push({ order: "dropTrunk", edge });
  }

  stepDown(): void {
    this.#orders.push({ order: "stepDown" });
  }

  allocateSfu(room: number, roomId: string): void {
    this.#orders.push({ order: "allocateSfu", room, roomId });
  }

  toSfu(room: number, session: number, message: Message): void {
    this.#orders.push({ order: "toSfu", room, session, message });
  }
}

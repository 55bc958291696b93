// An edge's orders as values, in the order in which they were given: for tests, and for traces.

import type { CloseCode } from "../protocol/limits.ts";
import type { IceBody } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";
import type { AttachRequest, BusMessage, OrphanRoom, ResumeClaims } from "../trunk.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";

export type EdgeOrder =
  | { order: "verifyToken" | "verifyResume"; connection: number; token: string }
  | { order: "write"; connection: number; message: Message; s: number }
  | { order: "close"; connection: number; code: CloseCode }
  | { order: "attach"; node: number; connection: number; request: AttachRequest }
  | { order: "relay"; node: number; session: number; message: Message }
  | { order: "acknowledge"; node: number; session: number; s: number }
  | { order: "detach"; node: number; session: number; attachment: number; isFinal: boolean }
  | { order: "declareOrphans"; node: number; rooms: readonly OrphanRoom[] }
  | { order: "publish"; subject: string; message: BusMessage }
  | { order: "dropTrunk"; node: number };

export class RecordingEdgeOutbox implements EdgeOutbox {
  #orders: EdgeOrder[] = [];

  /** What was ordered since this was asked last. */
  take(): EdgeOrder[] {
    const orders = this.#orders;
    this.#orders = [];
    return orders;
  }

  verifyToken(connection: number, token: string): void {
    this.#orders.push({ order: "verifyToken", connection, token });
  }

  verifyResume(connection: number, token: string): void {
    this.#orders.push({ order: "verifyResume", connection, token });
  }

  write(connection: number, message: Message, s: number): void {
    this.#orders.push({ order: "write", connection, message, s });
  }

  close(connection: number, code: CloseCode): void {
    this.#orders.push({ order: "close", connection, code });
  }

  attach(node: number, connection: number, request: AttachRequest): void {
    this.#orders.push({ order: "attach", node, connection, request });
  }

  relay(node: number, session: number, message: Message): void {
    this.#orders.push({ order: "relay", node, session, message });
  }

  acknowledge(node: number, session: number, s: number): void {
    this.#orders.push({ order: "acknowledge", node, session, s });
  }

  detach(node: number, session: number, attachment: number, isFinal: boolean): void {
    this.#orders.push({ order: "detach", node, session, attachment, isFinal });
  }

  declareOrphans(node: number, rooms: readonly OrphanRoom[]): void {
    this.#orders.push({ order: "declareOrphans", node, rooms });
  }

  publish(subject: string, message: BusMessage): void {
    this.#orders.push({ order: "publish", subject, message });
  }

  dropTrunk(node: number): void {
    this.#orders.push({ order: "dropTrunk", node });
  }

  /** What tests want participants to be told. */
  ice: IceBody | undefined;

  iceFor(): IceBody | undefined {
    return this.ice;
  }

  /** The claims themselves, legible. */
  sealResume(claims: ResumeClaims): string {
    return JSON.stringify(claims);
  }
}

// Clients' orders as values, in the order in which they were given: for tests, and for traces.

import type { CloseCode } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { ClientEvent, ClientOutbox } from "./client-outbox.ts";

export type ClientOrder =
  | { order: "dial"; client: number }
  | { order: "send"; client: number; message: Message }
  | { order: "hangUp"; client: number; code: CloseCode }
  | { order: "tell"; client: number; event: ClientEvent }
  | { order: "offered"; client: number; message: Message }
  | { order: "settled"; client: number; message: Message; accepted: boolean }
  | { order: "makeOffer"; client: number; peer: string; n: number; restart: boolean }
  | { order: "acceptOffer" | "acceptAnswer" | "addCandidates"; client: number; message: Message }
  | { order: "dropPeer"; client: number; peer: string };

export class RecordingClientOutbox implements ClientOutbox {
  #orders: ClientOrder[] = [];

  /** What was ordered since this was asked last. */
  take(): ClientOrder[] {
    const orders = this.#orders;
    this.#orders = [];
    return orders;
  }

  dial(client: number): void {
    this.#orders.push({ order: "dial", client });
  }

  send(client: number, message: Message): void {
    this.#orders.push({ order: "send", client, message });
  }

  hangUp(client: number, code: CloseCode): void {
    this.#orders.push({ order: "hangUp", client, code });
  }

  tell(client: number, event: ClientEvent): void {
    this.#orders.push({ order: "tell", client, event });
  }

  offered(client: number, message: Message): void {
    this.#orders.push({ order: "offered", client, message });
  }

  settled(client: number, message: Message, accepted: boolean): void {
    this.#orders.push({ order: "settled", client, message, accepted });
  }

  makeOffer(client: number, peer: string, n: number, restart: boolean): void {
    this.#orders.push({ order: "makeOffer", client, peer, n, restart });
  }

  acceptOffer(client: number, message: Message): void {
    this.#orders.push({ order: "acceptOffer", client, message });
  }

  acceptAnswer(client: number, message: Message): void {
    this.#orders.push({ order: "acceptAnswer", client, message });
  }

  addCandidates(client: number, message: Message): void {
    this.#orders.push({ order: "addCandidates", client, message });
  }

  dropPeer(client: number, peer: string): void {
    this.#orders.push({ order: "dropPeer", client, peer });
  }
}

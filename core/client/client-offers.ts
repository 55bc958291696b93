// What a client has said and must know the fate of.
//
// A critical message is awaited from the moment it is offered until it is answered, however many sockets that takes:
// after every resume what is awaited is sent again, oldest first, under the ids it had. Ids only grow, so the host
// knows a repetition by its number.

import { CLASS_OF_KIND, DeliveryClass, Kind, Message } from "../protocol/message.ts";
import type { ErrorBody } from "../protocol/bodies.ts";
import type { ClientOutbox } from "./client-outbox.ts";
import { isNegotiation } from "./client-policy.ts";
import { ClientState, type ClientTable } from "./client-table.ts";
import { RetryLater } from "./retry-later.ts";

export class ClientOffers {
  readonly #table: ClientTable;
  readonly #outbox: ClientOutbox;
  readonly #retries = new RetryLater();

  constructor(table: ClientTable, outbox: ClientOutbox) {
    this.#table = table;
    this.#outbox = outbox;
  }

  /** Returns the message's id, 0 for classes that are not answered. */
  offer(
    client: number,
    kind: Kind,
    to: string,
    key: string,
    bytes: number,
    body: object | undefined,
  ): number {
    if (CLASS_OF_KIND[kind] === DeliveryClass.critical) {
      return this.offerCritical(client, kind, to, 0, bytes, body);
    }
    this.#outbox.send(client, new Message(kind, 0, "", to, 0, bytes, key, body));
    return 0;
  }

  offerCritical(
    client: number,
    kind: Kind,
    to: string,
    n: number,
    bytes: number,
    body: object | undefined,
  ): number {
    const table = this.#table;
    const id = table.nextId(client);
    table.setNextId(client, id + 1);
    const message = new Message(kind, id, "", to, n, bytes, "", body);
    table.await(client, message);
    this.#outbox.offered(client, message);
    if (table.state(client) === ClientState.live) this.#outbox.send(client, message);
    return id;
  }

  /** `ok` or an error came for one of them. */
  answered(client: number, answer: Message, nowMs: number): void {
    // The edge has just lost the session's node: the resume that follows says it again.
    if (answer.kind === Kind.error && (answer.body as ErrorBody).code === "not_joined") return;
    const awaited = this.#table.answered(client, answer.id);
    if (awaited === undefined) return;
    this.#outbox.settled(client, awaited, answer.kind === Kind.ok);
    if (answer.kind !== Kind.error || !isNegotiation(awaited.kind)) return;
    const { code, retryAfterMs } = answer.body as ErrorBody;
    // Too many at once: what a call cannot do without is said again later.
    if (code === "rate_limited") this.#retries.put(client, awaited, retryAfterMs ?? 0, nowMs);
  }

  resend(client: number): void {
    this.#table.eachAwaited(client, (message) => this.#outbox.send(client, message));
  }

  nextDeadlineMs(client: number): number {
    return this.#retries.nextDeadlineMs(client);
  }

  deadlinePassed(client: number, nowMs: number): void {
    const again = this.#retries.take(client, nowMs);
    if (again === undefined) return;
    this.offerCritical(client, again.kind, again.to, again.n, again.bytes, again.body);
  }

  /** Nobody will answer any more. */
  ended(client: number): void {
    this.#table.forgetAwaited(client, (message) => this.#outbox.settled(client, message, false));
    this.#retries.forget(client);
  }
}

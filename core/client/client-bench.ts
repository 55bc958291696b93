// Clients on the test bench: what the server says in short, their orders as values.

import { clientPolicy } from "../fixtures.ts";
import type { JoinedBody, ResumedBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { ClientPolicy } from "./client-policy.ts";
import { RecordingClientOutbox, type ClientOrder } from "./recording-outbox.ts";
import { SignalingClient } from "./signaling-client.ts";

const resume = { token: "r", windowMs: 60_000, graceMs: 15_000, bufferMax: 256 };
const reconnect = { spreadMs: 8_000, capMs: 60_000 };

export class ClientBench {
  readonly outbox = new RecordingClientOutbox();
  readonly core: SignalingClient;

  constructor(clients = 1, differing: Partial<ClientPolicy> = {}) {
    this.core = new SignalingClient(clientPolicy(differing), this.outbox, (client) => ({
      room: "standup",
      token: `t${client}`,
      name: `P${client}`,
    }));
    for (let client = 0; client < clients; client++) this.core.add();
  }

  hear(client: number, kind: Kind, body: object | undefined, nowMs = 0, differing = {}): void {
    const {
      s = 0,
      id = 0,
      from = "",
      n = 0,
      draw = 0.5,
    } = differing as Partial<{
      s: number;
      id: number;
      from: string;
      n: number;
      draw: number;
    }>;
    this.core.received(client, new Message(kind, id, from, "", n, 50, "", body), s, nowMs, draw);
  }

  /** Dials, and is greeted. */
  greeted(client = 0, nowMs = 0): void {
    if (this.core.stateOf(client) === 0) this.core.started(client, nowMs);
    else this.core.deadlinePassed(client, nowMs, 0.5);
    this.core.opened(client, nowMs);
    this.hear(client, Kind.hello, { server: "e0", proto: 1, authTimeoutMs: 5_000 }, nowMs);
  }

  joined(client = 0, differing: Partial<JoinedBody> = {}, nowMs = 0): void {
    this.hear(
      client,
      Kind.joined,
      {
        session: `s${client}`,
        you: `p${client}`,
        participants: [],
        epoch: 1,
        resume,
        ping: { everyMs: 15_000, timeoutMs: 5_000 },
        reconnect,
        node: "n0",
        region: "eu",
        media: "sfu",
        ...differing,
      },
      nowMs,
    );
  }

  resumed(client: number, differing: Partial<ResumedBody>, nowMs: number): void {
    const body = { mode: "replay", epoch: 1, resume, reconnect, node: "n0", media: "sfu" };
    this.hear(client, Kind.resumed, { ...body, ...differing }, nowMs);
  }

  /** In the room, and nothing to be looked at. */
  live(client = 0, differing: Partial<JoinedBody> = {}, nowMs = 0): void {
    this.greeted(client, nowMs);
    this.joined(client, differing, nowMs);
  }

  /** Messages sent since orders were asked for last. */
  sent(): Message[] {
    return this.orders("send").map(({ message }) => message);
  }

  orders<Name extends ClientOrder["order"]>(name: Name): Extract<ClientOrder, { order: Name }>[] {
    return this.outbox
      .take()
      .filter((order): order is Extract<ClientOrder, { order: Name }> => order.order === name);
  }
}

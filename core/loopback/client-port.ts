// The clients of the loopback, with their sockets and browsers that describe everything in a moment.

import { SignalingClient } from "../client/signaling-client.ts";
import type { ClientEvent, ClientOutbox } from "../client/client-outbox.ts";
import { clientPolicy } from "../fixtures.ts";
import type { Message } from "../protocol/message.ts";
import type { EdgePort } from "./edge-port.ts";
import type { Loopback } from "./loopback.ts";

/** Time to create a description, ms. */
const DESCRIBE_MS = 10;

/** Where a client's socket ends. */
interface Socket {
  readonly edge: EdgePort;
  readonly connection: number;
}

export class ClientPort implements ClientOutbox {
  readonly core: SignalingClient;
  /** What each client was told, in order. */
  readonly told: ClientEvent[][] = [];
  /** Ids of critical messages that were answered `ok`, by client. */
  readonly accepted: number[][] = [];
  readonly #net: Loopback;
  readonly #sockets = new Map<number, Socket>();
  /** Counts dials: an answer to an earlier one is void. */
  readonly #dials: number[] = [];
  #connectedTo = 0;

  constructor(net: Loopback) {
    this.#net = net;
    this.core = new SignalingClient(clientPolicy({}), this, (client) => ({
      room: this.roomOf(client),
      token: `p${client}@${this.roomOf(client)}`,
      name: `P${client}`,
    }));
  }

  roomOf(client: number): string {
    return client % 2 === 0 ? "even" : "odd";
  }

  nextDeadlineMs(): number {
    let nextMs = Infinity;
    for (let client = 0; client < this.core.table.count; client++) {
      nextMs = Math.min(nextMs, this.core.nextDeadlineMs(client));
    }
    return nextMs;
  }

  passDeadlines(): void {
    const { nowMs, options } = this.#net;
    for (let client = 0; client < this.core.table.count; client++) {
      if (this.core.nextDeadlineMs(client) > nowMs) continue;
      this.core.deadlinePassed(client, nowMs, options.draw());
    }
  }

  socketOf(client: number): Socket | undefined {
    return this.#sockets.get(client);
  }

  /** The network between client and edge is gone; both sides notice after a while. */
  lose(client: number, edge: EdgePort): void {
    const socket = this.#sockets.get(client);
    if (socket?.edge !== edge) return;
    this.#sockets.delete(client);
    this.#net.after(`c${client}`, () =>
      this.core.closed(client, 1006, false, this.#net.nowMs, this.#net.options.draw()),
    );
    this.#leaveEdge(socket);
  }

  #leaveEdge({ edge, connection }: Socket): void {
    this.#net.after(
      `to ${edge.name} ${connection}`,
      () => {
        if (edge.clientOf.delete(connection)) edge.core.closed(connection);
      },
      edge,
    );
  }

  /** Something arrives from an edge, if the socket is still the same then. */
  fromEdge(
    client: number,
    edge: EdgePort,
    connection: number,
    happen: (core: SignalingClient) => void,
  ): void {
    this.#net.after(`c${client}`, () => {
      const socket = this.#sockets.get(client);
      if (socket?.edge === edge && socket.connection === connection) happen(this.core);
    });
  }

  closed(client: number, code: number): void {
    this.#sockets.delete(client);
    this.core.closed(client, code, false, this.#net.nowMs, this.#net.options.draw());
  }

  dial(client: number): void {
    const dial = (this.#dials[client] = (this.#dials[client] ?? 0) + 1);
    const up = this.#net.edges.filter((edge) => edge !== undefined);
    const edge = up[this.#connectedTo++ % up.length];
    this.#net.after(`c${client}`, () => {
      if (this.#dials[client] !== dial || edge === undefined) return;
      if (!this.#net.isUp(edge) || edge.core.knocked("", this.#net.nowMs) !== "welcome") {
        this.core.closed(client, 1006, false, this.#net.nowMs, this.#net.options.draw());
        return;
      }
      this.core.opened(client, this.#net.nowMs);
      const connection = edge.accept(client);
      this.#sockets.set(client, { edge, connection });
    });
  }

  send(client: number, message: Message): void {
    const socket = this.#sockets.get(client);
    if (socket === undefined) return; // It is lost, and the client does not know yet.
    const { edge, connection } = socket;
    this.#net.after(
      `to ${edge.name} ${connection}`,
      () => edge.core.received(connection, message, this.#net.nowMs),
      edge,
    );
  }

  hangUp(client: number): void {
    this.#dials[client] = (this.#dials[client] ?? 0) + 1;
    const socket = this.#sockets.get(client);
    if (socket === undefined) return;
    this.#sockets.delete(client);
    this.#leaveEdge(socket);
  }

  tell(client: number, event: ClientEvent): void {
    (this.told[client] ??= []).push(event);
  }

  offered(): void {
    // Counted when it is settled.
  }

  settled(client: number, message: Message, accepted: boolean): void {
    if (accepted) (this.accepted[client] ??= []).push(message.id);
  }

  makeOffer(client: number, peer: string, n: number): void {
    this.#net.at(this.#net.nowMs + DESCRIBE_MS, () => {
      this.core.media.offerMade(client, peer, n, 500, { sdp: "" });
    });
  }

  acceptOffer(client: number, offer: Message): void {
    this.#net.at(this.#net.nowMs + DESCRIBE_MS, () => {
      this.core.media.answerMade(client, offer.from, offer.n, 500, { sdp: "" });
    });
  }

  acceptAnswer(client: number, answer: Message): void {
    this.core.media.iceChanged(client, answer.from, "connected", this.#net.nowMs);
  }

  addCandidates(): void {
    // Descriptions are enough here.
  }

  dropPeer(): void {
    // There is no peer connection to close.
  }
}

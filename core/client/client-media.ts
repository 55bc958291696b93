// A client's negotiation with the SFU, and what signaling may do to media: as little as possible.
//
// The client offers, the SFU answers (it is always impolite and never offers), candidates trickle both ways and
// wait for the description they belong to. Losing signaling changes nothing here: after a resume a connection that is
// up is left alone. ICE restarts only where the connection has been down for a while or the SFU is another, and within a
// budget. Pairs of clients (mesh) are client-mesh.ts.

import type { ParticipantBody, ResumedBody, SfuBody } from "../protocol/bodies.ts";
import { Kind, type Message } from "../protocol/message.ts";
import type { ClientOutbox } from "./client-outbox.ts";
import type { ClientTable } from "./client-table.ts";
import { ClientMesh } from "./client-mesh.ts";

export interface MediaPolicy {
  /** Gathered candidates are sent at most this often, ms; in between they wait for each other. */
  readonly trickleEveryMs: number;
  /** Remote candidates that wait for their description, at most, and how long, ms. */
  readonly heldCandidatesMax: number;
  readonly heldCandidatesMs: number;
  /** A connection that was down for this long is restarted after a resume, ms. */
  readonly restartAfterMs: number;
  /** ICE restarts of one connection: not closer than this, ms, and at most so many a minute. */
  readonly restartEveryMs: number;
  readonly restartsPerMinute: number;
}

/** Cited: protocol §4.3, §4.4 and §4.6. */
export const MEDIA_POLICY: MediaPolicy = {
  trickleEveryMs: 50,
  heldCandidatesMax: 64,
  heldCandidatesMs: 30_000,
  restartAfterMs: 3_000,
  restartEveryMs: 5_000,
  restartsPerMinute: 5,
};

/** Bits of `ClientTable.media`. */
export const Media = { offering: 1, answered: 2, connected: 4, down: 8 } as const;

/** Offers a critical message of the client: the machine's. */
export type OfferCritical = (
  client: number,
  kind: Kind,
  to: string,
  n: number,
  bytes: number,
  body: object | undefined,
) => void;

/** Candidates of one client and peer that wait for the next frame. */
interface Trickle {
  readonly peer: string;
  readonly n: number;
  bytes: number;
  list: object[];
  sendAtMs: number;
  isEnded: boolean;
}

export class ClientMedia {
  readonly mesh: ClientMesh;
  readonly #table: ClientTable;
  readonly #policy: MediaPolicy;
  readonly #outbox: ClientOutbox;
  readonly #offerCritical: OfferCritical;
  readonly #sfus: (SfuBody | undefined)[] = [];
  readonly #held = new Map<number, Message[]>();
  readonly #trickles = new Map<number, Trickle[]>();
  /** Clients whose connection is down, since when, ms; and their last restarts. */
  readonly #downSinceMs = new Map<number, number>();
  readonly #restarts = new Map<number, number[]>();

  constructor(
    table: ClientTable,
    policy: MediaPolicy,
    outbox: ClientOutbox,
    offerCritical: OfferCritical,
  ) {
    this.#table = table;
    this.#policy = policy;
    this.#outbox = outbox;
    this.#offerCritical = offerCritical;
    this.mesh = new ClientMesh(policy, outbox);
  }

  // ---- facts: signaling ---------------------------------------------------------------------------

  entered(
    client: number,
    you: string,
    participants: readonly ParticipantBody[],
    media: "sfu" | "mesh",
    sfu: SfuBody | undefined,
    nowMs: number,
  ): void {
    if (media === "mesh") this.mesh.entered(client, you, participants, nowMs);
    else if (sfu !== undefined) this.#sfuKnown(client, sfu);
  }

  resumed(client: number, body: ResumedBody, nowMs: number): void {
    if (body.media === "mesh") {
      if (body.participants !== undefined) this.mesh.resynced(client, body.participants, nowMs);
      this.mesh.mend(client, nowMs);
      return;
    }
    if (body.sfu !== undefined) this.#sfuKnown(client, body.sfu);
    this.#mend(client, nowMs);
  }

  received(client: number, message: Message, nowMs: number): void {
    if (message.kind === Kind.sfu) {
      this.#sfuKnown(client, message.body as SfuBody);
    } else if (message.from !== "sfu") {
      this.mesh.received(client, message, nowMs);
    } else if (message.n === this.#table.negotiation[client]) {
      this.#fromSfu(client, message);
    } // Else it answers an offer that is no longer the latest.
  }

  peerJoined(client: number, id: string): void {
    this.mesh.peerJoined(client, id);
  }

  peerLeft(client: number, id: string): void {
    this.mesh.peerLeft(client, id);
  }

  ended(client: number): void {
    if (this.#sfus[client] !== undefined) this.#outbox.dropPeer(client, "sfu");
    this.#sfus[client] = undefined;
    this.#table.media[client] = 0;
    this.#held.delete(client);
    this.#trickles.delete(client);
    this.#downSinceMs.delete(client);
    this.#restarts.delete(client);
    this.mesh.ended(client);
  }

  // ---- facts: the peer connection -------------------------------------------------------------------

  offerMade(client: number, peer: string, n: number, bytes: number, body?: object): void {
    if (peer === "sfu" && n !== this.#table.negotiation[client]) return; // A newer one is being made.
    this.#offerCritical(client, Kind.offer, peer, n, bytes, body);
  }

  answerMade(client: number, peer: string, n: number, bytes: number, body?: object): void {
    this.#offerCritical(client, Kind.answer, peer, n, bytes, body);
    this.mesh.answered(client, peer, n);
  }

  /** Local candidates; those of one burst together. */
  gathered(
    client: number,
    peer: string,
    n: number,
    bytes: number,
    list: readonly object[],
    isEnd: boolean,
    nowMs: number,
  ): void {
    const trickle = this.#trickleOf(client, peer, n, nowMs);
    trickle.bytes += bytes;
    trickle.list.push(...list);
    if (isEnd) trickle.isEnded = true;
    if (isEnd || trickle.sendAtMs <= nowMs) this.#sendTrickle(client, trickle, nowMs);
  }

  iceChanged(
    client: number,
    peer: string,
    state: "connected" | "disconnected" | "failed",
    nowMs: number,
  ): void {
    if (peer !== "sfu") {
      this.mesh.iceChanged(client, peer, state, nowMs);
      return;
    }
    const media = this.#table.media;
    if (state === "connected") {
      media[client] = (media[client]! | Media.connected) & ~Media.down;
      this.#downSinceMs.delete(client);
    } else {
      media[client] = (media[client]! | Media.down) & ~Media.connected;
      const sinceMs = state === "failed" ? nowMs - this.#policy.restartAfterMs : nowMs;
      if (!this.#downSinceMs.has(client)) this.#downSinceMs.set(client, sinceMs);
    }
  }

  // ---- the SFU --------------------------------------------------------------------------------------

  #sfuKnown(client: number, sfu: SfuBody): void {
    const known = this.#sfus[client];
    if (known?.id === sfu.id) return;
    this.#sfus[client] = sfu;
    if (known !== undefined) this.#outbox.dropPeer(client, "sfu");
    this.#offer(client, false);
  }

  #offer(client: number, isRestart: boolean): void {
    const table = this.#table;
    const n = table.negotiation[client]! + 1;
    table.negotiation[client] = n;
    table.media[client] = Media.offering | (table.media[client]! & Media.connected);
    this.#held.delete(client);
    this.#outbox.makeOffer(client, "sfu", n, isRestart);
  }

  #fromSfu(client: number, message: Message): void {
    const media = this.#table.media;
    const isAnswered = (media[client]! & Media.answered) !== 0;
    if (message.kind === Kind.answer) {
      if (isAnswered) return;
      media[client] = (media[client]! | Media.answered) & ~Media.offering;
      this.#outbox.acceptAnswer(client, message);
      for (const held of this.#held.get(client) ?? []) this.#outbox.addCandidates(client, held);
      this.#held.delete(client);
    } else if (isAnswered) {
      this.#outbox.addCandidates(client, message);
    } else {
      const held = this.#held.get(client) ?? [];
      if (held.length < this.#policy.heldCandidatesMax) held.push(message);
      this.#held.set(client, held);
    }
  }

  /** Restarts ICE where the connection has been down for long enough, within the budget. */
  #mend(client: number, nowMs: number): void {
    const sinceMs = this.#downSinceMs.get(client);
    if (sinceMs === undefined || nowMs - sinceMs < this.#policy.restartAfterMs) return;
    const recent = (this.#restarts.get(client) ?? []).filter((atMs) => nowMs - atMs < 60_000);
    const last = recent.at(-1);
    if (last !== undefined && nowMs - last < this.#policy.restartEveryMs) return;
    if (recent.length >= this.#policy.restartsPerMinute) return;
    this.#restarts.set(client, [...recent, nowMs]);
    this.#downSinceMs.set(client, nowMs);
    this.#offer(client, true);
  }

  // ---- trickle ----------------------------------------------------------------------------------------

  #trickleOf(client: number, peer: string, n: number, nowMs: number): Trickle {
    let trickles = this.#trickles.get(client);
    if (trickles === undefined) {
      trickles = [];
      this.#trickles.set(client, trickles);
    }
    const known = trickles.find((trickle) => trickle.peer === peer && trickle.n === n);
    if (known !== undefined) return known;
    const made: Trickle = { peer, n, bytes: 0, list: [], sendAtMs: nowMs, isEnded: false };
    trickles.push(made);
    return made;
  }

  #sendTrickle(client: number, trickle: Trickle, nowMs: number): void {
    const { peer, n, bytes, list } = trickle;
    if (bytes > 0) this.#offerCritical(client, Kind.candidate, peer, n, bytes, { list });
    trickle.bytes = 0;
    trickle.list = [];
    trickle.sendAtMs = nowMs + this.#policy.trickleEveryMs;
    if (!trickle.isEnded) return;
    this.#offerCritical(client, Kind.endOfCandidates, peer, n, END_BYTES, undefined);
    const rest = this.#trickles.get(client)!.filter((other) => other !== trickle);
    if (rest.length === 0) this.#trickles.delete(client);
    else this.#trickles.set(client, rest);
  }

  nextDeadlineMs(client: number): number {
    if (this.#trickles.size === 0) return Infinity;
    const trickles = this.#trickles.get(client);
    if (trickles === undefined) return Infinity;
    let nextMs = Infinity;
    for (const trickle of trickles) {
      if (trickle.bytes > 0) nextMs = Math.min(nextMs, trickle.sendAtMs);
    }
    return nextMs;
  }

  deadlinePassed(client: number, nowMs: number): void {
    for (const trickle of [...(this.#trickles.get(client) ?? [])]) {
      if (trickle.bytes > 0 && trickle.sendAtMs <= nowMs) this.#sendTrickle(client, trickle, nowMs);
    }
  }
}

/** The envelope of an end of candidates, bytes. sizes.test.ts compares it with the codec. */
const END_BYTES = 60;

// What signaling may do to a client's media: as little as possible.
//
// With an SFU a client has one peer connection, in which it offers and the SFU answers. Losing signaling changes nothing
// in it: after a resume a connection that is up is left alone. While nothing is under way such a connection is one number
// in a column (a hundred thousand clients are connected most of the time); its `PeerPair` exists only in between. Pairs of
// clients are client-mesh.ts.

import { Negotiation, SFU_PEER } from "../negotiation.ts";
import type { IceState } from "../ice.ts";
import type { ParticipantBody, ResumedBody, SfuBody } from "../protocol/bodies.ts";
import { Kind, type Message } from "../protocol/message.ts";
import { ClientMesh } from "./client-mesh.ts";
import type { ClientOutbox } from "./client-outbox.ts";
import type { ClientTable } from "./client-table.ts";
import { PeerPair, type OfferCritical } from "./peer-pair.ts";

export class ClientMedia {
  readonly mesh: ClientMesh;
  readonly #table: ClientTable;
  readonly #outbox: ClientOutbox;
  readonly #offerCritical: OfferCritical;
  readonly #sfus: (SfuBody | undefined)[] = [];
  /** Connections to SFUs in which something is under way. */
  readonly #pairs = new Map<number, PeerPair>();

  constructor(table: ClientTable, outbox: ClientOutbox, offerCritical: OfferCritical) {
    this.#table = table;
    this.#outbox = outbox;
    this.#offerCritical = offerCritical;
    this.mesh = new ClientMesh(outbox, offerCritical);
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
    if (media === "mesh") this.mesh.entered(client, you, participants);
    else if (sfu !== undefined && !this.#sfuKnown(client, sfu)) this.#recover(client, nowMs);
  }

  resumed(client: number, body: ResumedBody, nowMs: number): void {
    if (body.media === "mesh") {
      if (body.mode === "replay") this.mesh.replayed(client, nowMs);
      else {
        const graceMs = body.reason === "moved" ? body.resume.graceMs : 0;
        this.mesh.resynced(client, body.participants ?? [], graceMs, nowMs);
      }
      return;
    }
    if (body.sfu !== undefined && this.#sfuKnown(client, body.sfu)) return;
    if (body.mode === "snapshot") this.#recover(client, nowMs);
    else this.#pairs.get(client)?.mend(nowMs);
  }

  /** The same SFU as before, but what was under way may be lost. */
  #recover(client: number, nowMs: number): void {
    this.#pairs.get(client)?.recover(nowMs);
  }

  received(client: number, message: Message, nowMs: number): void {
    if (message.kind === Kind.sfu) {
      this.#sfuKnown(client, message.body as SfuBody);
    } else if (message.from !== SFU_PEER) {
      this.mesh.received(client, message, nowMs);
    } else if (this.#sfus[client] !== undefined) {
      this.#fromSfu(client, message, nowMs);
    }
  }

  #fromSfu(client: number, message: Message, nowMs: number): void {
    const resting = this.#pairs.get(client) === undefined;
    const isCandidates = message.kind === Kind.candidate || message.kind === Kind.endOfCandidates;
    if (resting && isCandidates && message.n === this.#table.negotiation[client]) {
      this.#outbox.addCandidates(client, message); // The commonest case needs no pair.
      return;
    }
    const pair = this.#pairOf(client);
    pair.received(message, nowMs);
    this.#rest(client, pair);
  }

  /** Whether any client negotiates with others directly. */
  get hasMesh(): boolean {
    return this.mesh.isUsed;
  }

  peerJoined(client: number, id: string): void {
    this.mesh.peerJoined(client, id);
  }

  peerLeft(client: number, id: string): void {
    this.mesh.peerLeft(client, id);
  }

  ended(client: number): void {
    if (this.#sfus[client] !== undefined) this.#outbox.dropPeer(client, SFU_PEER);
    this.#sfus[client] = undefined;
    this.#forget(client);
    this.mesh.ended(client);
  }

  // ---- facts: the peer connection -------------------------------------------------------------------

  /** The offer of number n was created. */
  offerMade(client: number, peer: string, n: number, bytes: number, body?: object): void {
    this.#tended(client, peer)?.offerMade(n, bytes, body);
  }

  answerMade(client: number, peer: string, n: number, bytes: number, body?: object): void {
    this.#tended(client, peer)?.answerMade(n, bytes, body);
  }

  /** Local candidates for the description of number n: one burst, `bytes` in all, and whether they are the last. */
  gathered(
    client: number,
    peer: string,
    n: number,
    bytes: number,
    list: readonly object[],
    isEnd: boolean,
    nowMs: number,
  ): void {
    const pair = this.#tended(client, peer);
    if (pair === undefined) return;
    pair.gathered(n, bytes, list, isEnd, nowMs);
    if (peer === SFU_PEER) this.#rest(client, pair);
    else this.mesh.changed(client, pair);
  }

  iceChanged(client: number, peer: string, state: IceState, nowMs: number): void {
    if (peer !== SFU_PEER) {
      const pair = this.mesh.pair(client, peer);
      pair?.iceChanged(state, nowMs);
      if (pair !== undefined) this.mesh.changed(client, pair);
      return;
    }
    const isDown = state === "disconnected" || state === "failed";
    const pair = isDown ? this.#tended(client, peer) : this.#pairs.get(client);
    if (pair === undefined) return;
    pair.iceChanged(state, nowMs);
    this.#rest(client, pair);
  }

  /** The pair that a fact of the peer connection is about; undefined when there is none any more. */
  #tended(client: number, peer: string): PeerPair | undefined {
    if (peer !== SFU_PEER) return this.mesh.pair(client, peer);
    return this.#sfus[client] === undefined ? undefined : this.#pairOf(client);
  }

  // ---- the SFU --------------------------------------------------------------------------------------

  /** True when it is another SFU than before: then the media move. */
  #sfuKnown(client: number, sfu: SfuBody): boolean {
    const known = this.#sfus[client];
    if (known?.id === sfu.id) return false;
    this.#sfus[client] = sfu;
    if (known !== undefined) this.#outbox.dropPeer(client, SFU_PEER);
    const lastN = this.#pairs.get(client)?.localN ?? this.#table.negotiation[client]!;
    this.#made(client, new Negotiation(false, lastN)).offer(false);
    return true;
  }

  #pairOf(client: number): PeerPair {
    const known = this.#pairs.get(client);
    if (known !== undefined) return known;
    return this.#made(client, new Negotiation(false, this.#table.negotiation[client]!, true));
  }

  #made(client: number, negotiation: Negotiation): PeerPair {
    const pair = new PeerPair(client, SFU_PEER, negotiation, this.#outbox, this.#offerCritical);
    this.#pairs.set(client, pair);
    this.#table.media[client] = 1;
    return pair;
  }

  /** A pair in which nothing is under way is put back into its column. */
  #rest(client: number, pair: PeerPair): void {
    if (!pair.isQuiet) return;
    this.#table.negotiation[client] = pair.describedN;
    this.#forget(client);
  }

  #forget(client: number): void {
    this.#pairs.delete(client);
    this.#table.media[client] = 0;
  }

  // ---- time -----------------------------------------------------------------------------------------

  nextDeadlineMs(client: number): number {
    // Asked after every message: a column says whether there is anything to look up.
    const pair = this.#table.media[client] === 0 ? undefined : this.#pairs.get(client);
    const pairMs = pair === undefined ? Infinity : pair.nextDeadlineMs();
    return this.mesh.isUsed ? Math.min(pairMs, this.mesh.nextDeadlineMs(client)) : pairMs;
  }

  deadlinePassed(client: number, nowMs: number): void {
    this.mesh.deadlinePassed(client, nowMs);
    const pair = this.#pairs.get(client);
    if (pair === undefined) return;
    if (pair.nextDeadlineMs() <= nowMs) pair.deadlinePassed(nowMs);
    this.#rest(client, pair);
  }
}

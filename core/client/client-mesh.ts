// A client's negotiations with other clients, in rooms without an SFU: perfect negotiation, one pair at a time.
//
// Who comes in offers to those who are there. Of each pair the smaller participant id, by code unit, is impolite: when
// two offers cross, it keeps its own and the other rolls back. Descriptions carry the negotiation number of their offer;
// candidates wait until the description with their number is set.

import type { ParticipantBody } from "../protocol/bodies.ts";
import { Kind, type Message } from "../protocol/message.ts";
import type { MediaPolicy } from "./client-media.ts";
import type { ClientOutbox } from "./client-outbox.ts";

/** One pair, seen from one side. */
interface Pair {
  readonly peer: string;
  readonly isImpolite: boolean;
  /** Number of our latest offer, and of the latest offer of the other side. */
  ours: number;
  theirs: number;
  /** Our offer waits for its answer. */
  isOffering: boolean;
  /** Numbers whose remote description is set: of our offers (their answer) and of theirs. */
  answeredOurs: number;
  setTheirs: number;
  held: Message[];
  downSinceMs: number;
  restartsMs: number[];
}

export class ClientMesh {
  readonly #policy: MediaPolicy;
  readonly #outbox: ClientOutbox;
  readonly #pairs = new Map<number, Map<string, Pair>>();
  readonly #you = new Map<number, string>();

  constructor(policy: MediaPolicy, outbox: ClientOutbox) {
    this.#policy = policy;
    this.#outbox = outbox;
  }

  entered(
    client: number,
    you: string,
    participants: readonly ParticipantBody[],
    _nowMs: number,
  ): void {
    this.#you.set(client, you);
    this.#pairs.set(client, new Map());
    for (const { id } of participants) {
      if (id !== you) this.#offer(client, this.#pairOf(client, id), false);
    }
  }

  /** After a snapshot: pairs with those who are gone end, those who are new offer to us. */
  resynced(client: number, participants: readonly ParticipantBody[], _nowMs: number): void {
    const ids = new Set(participants.map(({ id }) => id));
    for (const peer of [...(this.#pairs.get(client)?.keys() ?? [])]) {
      if (!ids.has(peer)) this.peerLeft(client, peer);
    }
  }

  peerJoined(client: number, id: string): void {
    if (this.#pairs.size > 0 && this.#pairs.has(client)) this.#pairOf(client, id); // It came last, so it offers.
  }

  peerLeft(client: number, id: string): void {
    if (this.#pairs.size > 0 && this.#pairs.get(client)?.delete(id) === true) this.#outbox.dropPeer(client, id);
  }

  ended(client: number): void {
    for (const peer of this.#pairs.get(client)?.keys() ?? []) this.#outbox.dropPeer(client, peer);
    this.#pairs.delete(client);
    this.#you.delete(client);
  }

  received(client: number, message: Message, _nowMs: number): void {
    if (!this.#pairs.has(client)) return;
    const pair = this.#pairOf(client, message.from);
    switch (message.kind) {
      case Kind.offer:
        this.#offered(client, pair, message);
        break;
      case Kind.answer:
        if (!pair.isOffering || message.n !== pair.ours) return; // Stale.
        pair.isOffering = false;
        pair.answeredOurs = message.n;
        this.#outbox.acceptAnswer(client, message);
        this.#release(client, pair);
        break;
      case Kind.iceRestart:
        this.#offer(client, pair, true);
        break;
      default:
        this.#candidates(client, pair, message);
    }
  }

  #offered(client: number, pair: Pair, offer: Message): void {
    if (pair.isOffering && pair.isImpolite) return; // Theirs is dropped: they roll back for ours.
    pair.isOffering = false;
    pair.theirs = offer.n;
    pair.setTheirs = offer.n;
    this.#outbox.acceptOffer(client, offer);
    this.#release(client, pair);
  }

  /** Our answer to their offer is on its way: nothing to remember, the pair is stable. */
  answered(client: number, peer: string, n: number): void {
    const pair = this.#pairs.get(client)?.get(peer);
    if (pair !== undefined && pair.theirs === n) pair.isOffering = false;
  }

  /** Candidates name the offer that they belong to, ours or theirs. */
  #candidates(client: number, pair: Pair, message: Message): void {
    if (message.n === pair.answeredOurs || message.n === pair.setTheirs) {
      this.#outbox.addCandidates(client, message);
    } else if (pair.held.length < this.#policy.heldCandidatesMax) {
      pair.held.push(message);
    }
  }

  #release(client: number, pair: Pair): void {
    const held = pair.held;
    pair.held = [];
    for (const message of held) this.#candidates(client, pair, message);
  }

  iceChanged(
    client: number,
    peer: string,
    state: "connected" | "disconnected" | "failed",
    nowMs: number,
  ): void {
    const pair = this.#pairs.get(client)?.get(peer);
    if (pair === undefined) return;
    if (state === "connected") pair.downSinceMs = Infinity;
    else if (state === "failed") pair.downSinceMs = nowMs - this.#policy.restartAfterMs;
    else pair.downSinceMs = Math.min(pair.downSinceMs, nowMs);
  }

  /** After a resume: restarts only what has been down for long enough, within the budget of the pair. */
  mend(client: number, nowMs: number): void {
    for (const pair of this.#pairs.get(client)?.values() ?? []) {
      if (nowMs - pair.downSinceMs < this.#policy.restartAfterMs) continue;
      pair.restartsMs = pair.restartsMs.filter((atMs) => nowMs - atMs < 60_000);
      const last = pair.restartsMs.at(-1) ?? -Infinity;
      if (nowMs - last < this.#policy.restartEveryMs) continue;
      if (pair.restartsMs.length >= this.#policy.restartsPerMinute) continue;
      pair.restartsMs.push(nowMs);
      this.#offer(client, pair, true);
    }
  }

  #offer(client: number, pair: Pair, isRestart: boolean): void {
    pair.ours = Math.max(pair.ours, pair.theirs) + 1;
    pair.isOffering = true;
    this.#outbox.makeOffer(client, pair.peer, pair.ours, isRestart);
  }

  #pairOf(client: number, peer: string): Pair {
    const pairs = this.#pairs.get(client)!;
    const known = pairs.get(peer);
    if (known !== undefined) return known;
    const pair: Pair = {
      peer,
      isImpolite: (this.#you.get(client) ?? "") < peer,
      ours: 0,
      theirs: 0,
      isOffering: false,
      answeredOurs: 0,
      setTheirs: 0,
      held: [],
      downSinceMs: Infinity,
      restartsMs: [],
    };
    pairs.set(peer, pair);
    return pair;
  }
}

// Who offers, who answers, and whose offer holds when both speak at once: one pair of peers.
//
// Perfect negotiation with numbers. Of a pair one side is impolite: the smaller participant id by byte
// order, and always the SFU. Offers are numbered; the impolite side uses odd numbers and the polite one
// even numbers, each above all it has seen, so that a number names one offer of the pair and a
// candidate says with its number alone which description it belongs to (SPEC NG1 to NG5).
//
//   state      fact                             answer     afterwards
//   stable     takeOffer, something wanted      n          offering n
//   stable     offer n, newer                   accept     answering n
//   offering   offer n, newer; we are impolite  ignore     offering; candidates of n are ignored too
//   offering   offer n, newer; we are polite    rollback   answering n; our own offer is wanted again
//   answering  offer n, newer                   accept     answering n; the older answer is void
//   any        offer n, not newer               stale      unchanged
//   offering m answer n = m                     accept     stable
//   any        answer to anything else          stale      unchanged
//   answering n  our answer to n was made       true       stable
//   offering n   our offer n was made           true       unchanged: send it
//   any        anything made for another n      false      unchanged: throw it away
//   offering   offerLost                        -          stable; an offer is wanted

import { assert } from "./assert.ts";

export type OfferVerdict = "accept" | "rollback" | "ignore" | "stale";
export type CandidateVerdict = "add" | "buffer" | "ignore" | "stale";

/** The media plane's name as a peer. */
export const SFU_PEER = "sfu";

/** Whether `own` keeps its offer in a collision with `peer`. Ids are ASCII, so units compare as bytes do. */
export function isImpolite(own: string, peer: string): boolean {
  if (own === SFU_PEER || peer === SFU_PEER) return own === SFU_PEER;
  return own < peer;
}

const STABLE = 0;
const OFFERING = 1;
const ANSWERING = 2;

export class Negotiation {
  readonly #impolite: boolean;
  #state = STABLE;
  /** Number of our latest offer, and of the latest remote offer we accepted or ignored. */
  #ownN = 0;
  #remoteN = 0;
  /** Number of the remote offer that lost against ours. */
  #ignoredN = 0;
  /** Number whose remote description is set: of the peer's offer, or of ours that it answered. */
  #describedN = 0;
  #isOfferWanted = false;
  #isRestartWanted = false;

  /**
   * `ownN`: the number of our last offer to this peer, 0 when there was none; `isDescribed`: it was answered, and that
   * answer is in force.
   */
  constructor(impolite: boolean, ownN = 0, isDescribed = false) {
    this.#impolite = impolite;
    this.#ownN = ownN;
    if (isDescribed) this.#describedN = ownN;
  }

  get isImpolite(): boolean {
    return this.#impolite;
  }

  /** Nothing is outstanding in either direction. */
  get isStable(): boolean {
    return this.#state === STABLE;
  }

  /** The number of the remote description in force, 0 before the first. */
  get describedN(): number {
    return this.#describedN;
  }

  /** Something changed that only an offer of ours can tell. Wanting twice is wanting once. */
  want(restart: boolean): void {
    this.#isOfferWanted = true;
    this.#isRestartWanted ||= restart;
  }

  /** Whether the offer that `takeOffer` began, or will begin, restarts ICE. */
  get isRestart(): boolean {
    return this.#isRestartWanted;
  }

  /** Begins the wanted offer if the pair is stable. Returns its number, 0 when there is none to make. */
  takeOffer(): number {
    if (this.#state !== STABLE || !this.#isOfferWanted) return 0;
    this.#isOfferWanted = false;
    this.#state = OFFERING;
    this.#ownN = this.#nextN();
    return this.#ownN;
  }

  /** Our offer was made. Whether it still holds and is to be sent. */
  offerMade(n: number): boolean {
    return this.#state === OFFERING && n === this.#ownN;
  }

  /** The peer's offer arrived. "accept" and "rollback": set it and answer. */
  offerReceived(n: number): OfferVerdict {
    assert(n >= 1, "offers are numbered from 1", n);
    if (n <= this.#remoteN) return "stale";
    this.#remoteN = n;
    if (this.#state === OFFERING && this.#impolite) {
      this.#ignoredN = n;
      return "ignore";
    }
    const verdict = this.#state === OFFERING ? "rollback" : "accept";
    if (verdict === "rollback") this.#isOfferWanted = true;
    this.#state = ANSWERING;
    this.#describedN = n;
    return verdict;
  }

  /** Our answer was made. Whether it still holds and is to be sent; the pair is stable then. */
  answerMade(n: number): boolean {
    if (this.#state !== ANSWERING || n !== this.#remoteN) return false;
    this.#state = STABLE;
    return true;
  }

  /** The peer's answer arrived. Whether it is to be set; the pair is stable then. */
  answerReceived(n: number): boolean {
    if (this.#state !== OFFERING || n !== this.#ownN) return false;
    this.#state = STABLE;
    this.#describedN = n;
    this.#isRestartWanted = this.#isRestartWanted && this.#isOfferWanted;
    return true;
  }

  /** Whoever relays has lost what was under way: our offer, or the answer to it. It is made again. */
  offerLost(): void {
    if (this.#state !== OFFERING) return;
    this.#state = STABLE;
    this.#isOfferWanted = true;
  }

  /** What to do with candidates, or their end, of number n. */
  candidatesReceived(n: number): CandidateVerdict {
    if (n === this.#describedN) return "add";
    if (n === this.#ignoredN) return "ignore";
    return n < this.#describedN ? "stale" : "buffer";
  }

  #nextN(): number {
    const seen = Math.max(this.#ownN, this.#remoteN);
    const isOdd = (seen & 1) === 1;
    return seen + (isOdd === this.#impolite ? 2 : 1);
  }
}

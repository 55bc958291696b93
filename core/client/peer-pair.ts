// One peer connection as signaling sees it: offers, answers, candidates on their way, and when ICE may start again.
//
// The rules are in negotiation.ts and ice.ts; here they meet: what a description in force lets through, what a newer one
// makes void. Mesh and SFU differ in nothing but who is impolite.

import {
  EarlyCandidates,
  RestartBudget,
  restartDueAtMs,
  TrickleBatch,
  type IceState,
} from "../ice.ts";
import { SFU_PEER, type Negotiation } from "../negotiation.ts";
import { Kind, type Message } from "../protocol/message.ts";
import type { CandidateBody } from "../protocol/bodies.ts";
import type { ClientOutbox } from "./client-outbox.ts";

/** Offers a critical message of the client: the machine's. */
export type OfferCritical = (
  client: number,
  kind: Kind,
  to: string,
  n: number,
  bytes: number,
  body: object | undefined,
) => void;

/** A local candidate, or, where candidates exist as bytes only, a burst of them. */
interface Gathered {
  readonly candidate: object | undefined;
  readonly bytes: number;
}

/** The envelope of a message without a body, bytes. sizes.test.ts compares it with the codec. */
const BARE_BYTES = 60;

export class PeerPair {
  readonly peer: string;
  readonly #client: number;
  readonly #outbox: ClientOutbox;
  readonly #offerCritical: OfferCritical;
  readonly #negotiation: Negotiation;
  /** Number of the local description in force, or being made. */
  #localN: number;
  #isGathering = false;
  #trickle: TrickleBatch<Gathered> | undefined = undefined;
  #early: EarlyCandidates | undefined = undefined;
  #ice: IceState = "new";
  #iceSinceMs = 0;
  /** Since when the peer wants ICE to start again, ms. */
  #askedAtMs = Infinity;
  #restarts: RestartBudget | undefined = undefined;

  constructor(
    client: number,
    peer: string,
    negotiation: Negotiation,
    outbox: ClientOutbox,
    offerCritical: OfferCritical,
  ) {
    this.peer = peer;
    this.#client = client;
    this.#outbox = outbox;
    this.#offerCritical = offerCritical;
    this.#negotiation = negotiation;
    this.#localN = negotiation.describedN;
  }

  /** The number of the remote description in force, 0 before the first. */
  get describedN(): number {
    return this.#negotiation.describedN;
  }

  /** The number of the local description in force, or being made. */
  get localN(): number {
    return this.#localN;
  }

  /** Nothing is under way, nothing waits, nothing is to be remembered but the number. */
  get isQuiet(): boolean {
    return (
      this.#negotiation.isStable &&
      !this.#isGathering &&
      this.#trickle === undefined &&
      this.#restarts === undefined &&
      this.nextDeadlineMs() === Infinity
    );
  }

  // ---- offers and answers ---------------------------------------------------------------------------

  offer(isRestart: boolean): void {
    this.#negotiation.want(isRestart);
    this.#offerIfStable();
  }

  #offerIfStable(): void {
    const n = this.#negotiation.takeOffer();
    if (n === 0) return;
    this.#describesLocally(n);
    this.#outbox.makeOffer(this.#client, this.peer, n, this.#negotiation.isRestart);
  }

  offerMade(n: number, bytes: number, body: object | undefined): void {
    if (!this.#negotiation.offerMade(n)) return;
    this.#offerCritical(this.#client, Kind.offer, this.peer, n, bytes, body);
  }

  answerMade(n: number, bytes: number, body: object | undefined): void {
    if (!this.#negotiation.answerMade(n)) return;
    this.#offerCritical(this.#client, Kind.answer, this.peer, n, bytes, body);
    this.#offerIfStable();
  }

  received(message: Message, nowMs: number): void {
    switch (message.kind) {
      case Kind.offer:
        this.#offerReceived(message, nowMs);
        break;
      case Kind.answer:
        if (!this.#negotiation.answerReceived(message.n)) return;
        this.#outbox.acceptAnswer(this.#client, message);
        this.#remotelyDescribed(message.n, nowMs);
        this.#offerIfStable();
        break;
      case Kind.iceRestart:
        this.#askedAtMs = Math.min(this.#askedAtMs, nowMs);
        this.#negotiation.offerLost();
        this.mend(nowMs);
        break;
      default:
        this.#candidatesReceived(message, nowMs);
    }
  }

  #offerReceived(offer: Message, nowMs: number): void {
    const verdict = this.#negotiation.offerReceived(offer.n);
    if (verdict === "ignore" || verdict === "stale") return;
    this.#describesLocally(offer.n);
    this.#outbox.acceptOffer(this.#client, offer);
    this.#remotelyDescribed(offer.n, nowMs);
  }

  /** After a snapshot: what was under way is lost. The impolite side offers, the polite one asks it to. */
  recover(nowMs: number): void {
    if (this.#negotiation.isStable && this.describedN > 0) {
      this.mend(nowMs);
    } else if (this.#negotiation.isImpolite || this.peer === SFU_PEER) {
      this.#negotiation.offerLost();
      this.offer(false);
    } else {
      this.#offerCritical(this.#client, Kind.iceRestart, this.peer, 0, BARE_BYTES, undefined);
    }
  }

  // ---- candidates -----------------------------------------------------------------------------------

  /** A local description of another number: candidates for the one before are void. */
  #describesLocally(n: number): void {
    this.#localN = n;
    this.#isGathering = false;
    this.#trickle = undefined;
  }

  #remotelyDescribed(n: number, nowMs: number): void {
    this.#early?.describe(n, nowMs, (message) => this.#outbox.addCandidates(this.#client, message));
    if (this.#early?.nextDeadlineMs === Infinity) this.#early = undefined;
  }

  #candidatesReceived(message: Message, nowMs: number): void {
    const verdict = this.#negotiation.candidatesReceived(message.n);
    if (verdict === "add") {
      this.#outbox.addCandidates(this.#client, message);
    } else if (verdict === "buffer") {
      this.#early ??= new EarlyCandidates();
      this.#early.keep(message, countOf(message), nowMs);
    }
  }

  /** Local candidates of one burst, `bytes` in all, and whether they are the last. */
  gathered(n: number, bytes: number, list: readonly object[], isEnd: boolean, nowMs: number): void {
    if (n !== this.#localN) return; // Of a description that was rolled back or replaced.
    this.#isGathering = !isEnd;
    const trickle = (this.#trickle ??= new TrickleBatch<Gathered>());
    if (list.length === 0 && bytes > 0) {
      trickle.gathered({ candidate: undefined, bytes }, n, nowMs);
    }
    for (const candidate of list) {
      trickle.gathered({ candidate, bytes: bytes / list.length }, n, nowMs);
    }
    this.#sendTrickle(isEnd ? Infinity : nowMs);
    if (!isEnd) return;
    this.#trickle = undefined;
    this.#offerCritical(this.#client, Kind.endOfCandidates, this.peer, n, BARE_BYTES, undefined);
  }

  #sendTrickle(nowMs: number): void {
    const trickle = this.#trickle;
    while (trickle !== undefined && trickle.dueAtMs !== Infinity && trickle.dueAtMs <= nowMs) {
      const batch = trickle.take();
      let bytes = 0;
      for (const { bytes: share } of batch) bytes += share;
      const list = batch.flatMap(({ candidate }) => candidate ?? []);
      const whole = Math.round(bytes);
      this.#offerCritical(this.#client, Kind.candidate, this.peer, trickle.n, whole, { list });
    }
  }

  // ---- ICE ------------------------------------------------------------------------------------------

  iceChanged(state: IceState, nowMs: number): void {
    if (state === this.#ice) return; // Down is down since the first time.
    this.#ice = state;
    this.#iceSinceMs = nowMs;
  }

  /** Starts ICE again if it is due and the budget has one. */
  mend(nowMs: number): void {
    if (this.#restartAtMs() > nowMs) return;
    this.#restarts ??= new RestartBudget();
    const isRestart = this.describedN > 0; // The first offer is none.
    if (isRestart) this.#restarts.tryRestart(nowMs);
    this.#askedAtMs = Infinity;
    this.#iceSinceMs = nowMs;
    this.offer(isRestart);
  }

  #restartAtMs(): number {
    const isWell = this.#ice !== "failed" && this.#ice !== "disconnected";
    const downMs = isWell ? Infinity : restartDueAtMs(this.#ice, this.#iceSinceMs, false);
    const dueMs = Math.min(this.#askedAtMs, downMs);
    return dueMs === Infinity ? Infinity : Math.max(dueMs, this.#restarts?.nextAtMs ?? 0);
  }

  /** ms; Infinity when nothing is ahead. */
  nextDeadlineMs(): number {
    return Math.min(this.#trickle?.dueAtMs ?? Infinity, this.#restartAtMs());
  }

  deadlinePassed(nowMs: number): void {
    this.#sendTrickle(nowMs);
    this.mend(nowMs);
  }
}

function countOf(message: Message): number {
  if (message.kind === Kind.endOfCandidates) return 0;
  return (message.body as CandidateBody | undefined)?.list.length ?? 1;
}

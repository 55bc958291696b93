// Judges a load from outside: from what clients sent, were answered, heard and were told, and from nothing else.
//
// A sender numbers its messages from 0. For each listener and sender the judge keeps the highest number heard and those that were
// skipped, so that what is late, what came twice and what never came are told apart, at the price of two numbers a pair.
// A listener that lost its session begins anew: nobody promised it what was said meanwhile.

/** How many of a kind of fault are shown in words. */
const EXAMPLES_MAX = 10;
/** Waits that are kept; later ones are counted only. Assumed: 8 MB. */
const WAITS_MAX = 1_000_000;

/** Waits, ms. */
export interface WaitSummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class Waits {
  readonly #ms: number[] = [];
  count = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.count++;
    this.#maxMs = Math.max(this.#maxMs, ms);
    if (this.#ms.length < WAITS_MAX) this.#ms.push(ms);
  }

  summary(): WaitSummary {
    const sorted = Float64Array.from(this.#ms).sort();
    const at = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    return { count: this.count, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: this.#maxMs };
  }
}

interface Heard {
  /** Highest number heard; `base` - 1 before the first. */
  last: number;
  /** Numbers up to `last` that were not heard. */
  readonly skipped: Set<number>;
}

interface Sent {
  next: number;
  /** Not answered yet, by number. */
  readonly open: Set<number>;
  readonly refused: Set<number>;
}

export interface LoadVerdict {
  readonly offered: number;
  readonly acknowledged: number;
  readonly unanswered: number;
  /** Refusals by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly deliveries: number;
  /** Heard twice. */
  readonly duplicates: number;
  /** Heard after a later one of the same sender. */
  readonly disordered: number;
  /** Acknowledged, and never heard by somebody who was in the room all the time. */
  readonly lost: number;
  /** Of those: said and not heard on one node, as both are placed now. */
  readonly lostOnOneNode: number;
  /** People who were said to have left and had not, by reason. */
  readonly wrongLefts: Readonly<Record<string, number>>;
  /** Said to have come while they were there. */
  readonly joinedTwice: number;
  /** Said to have come after they had left for good, and had been said to. */
  readonly haunted: number;
  /** Heard of what nobody promised. */
  readonly states: number;
  readonly cursors: number;
  readonly sequenceGaps: number;
  readonly sessionsLost: number;
  readonly ended: number;
  readonly rosterMismatches: number;
  readonly replayed: number;
  readonly resynced: number;
  readonly joins: WaitSummary;
  readonly resumes: WaitSummary;
  readonly latency: WaitSummary;
  readonly examples: readonly string[];
}

export class LoadJudge {
  readonly #sent: Sent[] = [];
  /** By listener, then by sender. */
  readonly #heard: Map<number, Heard>[] = [];
  readonly #refused = new Map<string, number>();
  readonly #wrongLefts = new Map<string, number>();
  readonly #examples: string[] = [];
  readonly #gone = new Set<number>();
  readonly joins = new Waits();
  readonly resumes = new Waits();
  readonly latency = new Waits();
  #acknowledged = 0;
  #duplicates = 0;
  #disordered = 0;
  #deliveries = 0;
  #joinedTwice = 0;
  #haunted = 0;
  states = 0;
  cursors = 0;
  sequenceGaps = 0;
  sessionsLost = 0;
  ended = 0;
  replayed = 0;
  resynced = 0;
  rosterMismatches = 0;

  add(): void {
    this.#sent.push({ next: 0, open: new Set(), refused: new Set() });
    this.#heard.push(new Map());
  }

  /** The number of the sender's next message. */
  nextOf(sender: number): number {
    return this.#sent[sender]!.next;
  }

  offered(sender: number): void {
    const sent = this.#sent[sender]!;
    sent.open.add(sent.next++);
  }

  answered(sender: number, number: number, isAccepted: boolean, code: string): void {
    const sent = this.#sent[sender]!;
    sent.open.delete(number);
    if (isAccepted) {
      this.#acknowledged++;
      return;
    }
    if (this.#gone.has(sender)) return void sent.open.add(number);
    sent.refused.add(number);
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  get unanswered(): number {
    return this.#sent.reduce(
      (sum, { open }, sender) => sum + (this.#gone.has(sender) ? 0 : open.size),
      0,
    );
  }

  heard(listener: number, sender: number, number: number): void {
    this.#deliveries++;
    const pairs = this.#heard[listener]!;
    const pair = pairs.get(sender);
    if (pair === undefined) {
      pairs.set(sender, { last: number, skipped: new Set() });
      return;
    }
    if (number > pair.last) {
      for (let n = pair.last + 1; n < number; n++) pair.skipped.add(n);
      pair.last = number;
    } else if (pair.skipped.delete(number)) {
      this.#disordered++;
      this.example(`client ${listener} heard ${number} of ${sender} after ${pair.last}`);
    } else {
      this.#duplicates++;
      this.example(`client ${listener} heard ${number} of ${sender} twice`);
    }
  }

  /** From now on the listener is owed whatever the sender says next. */
  expects(listener: number, sender: number): void {
    const pairs = this.#heard[listener]!;
    if (!pairs.has(sender)) {
      pairs.set(sender, { last: this.#sent[sender]!.next - 1, skipped: new Set() });
    }
  }

  /** The listener's session ended: it is owed nothing until it hears from them again. */
  forgot(listener: number): void {
    this.#heard[listener] = new Map();
  }

  /** He left on purpose: he is owed nothing, and what he said last may have been cut off with him. */
  left(client: number): void {
    this.forgot(client);
    this.#gone.add(client);
  }

  leftWrongly(listener: number, who: string, reason: string): void {
    this.#wrongLefts.set(reason, (this.#wrongLefts.get(reason) ?? 0) + 1);
    this.example(`client ${listener} was told that ${who} left (${reason})`);
  }

  joinedTwice(listener: number, who: string): void {
    this.#joinedTwice++;
    this.example(`client ${listener} was told that ${who} came, who was there`);
  }

  haunted(listener: number, who: string): void {
    this.#haunted++;
    this.example(`client ${listener} was told that ${who} came, who had left`);
  }

  example(words: string): void {
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(words);
  }

  #lost(areTogether: (listener: number, sender: number) => boolean): [number, number] {
    let lost = 0;
    let together = 0;
    this.#heard.forEach((pairs, listener) => {
      for (const [sender, { last, skipped }] of pairs) {
        const { next, open, refused } = this.#sent[sender]!;
        const wasTaken = (number: number): boolean => !open.has(number) && !refused.has(number);
        const missing = [...skipped].filter(wasTaken);
        for (let number = last + 1; number < next; number++) {
          if (wasTaken(number)) missing.push(number);
        }
        lost += missing.length;
        if (areTogether(listener, sender)) together += missing.length;
        if (missing.length > 0) {
          const shown = missing.slice(0, 5).join();
          this.example(`client ${listener} never heard ${missing.length} of ${sender}: ${shown}`);
        }
      }
    });
    return [lost, together];
  }

  /** `areTogether`: whether a listener and a sender are on one node. */
  verdict(areTogether: (listener: number, sender: number) => boolean = () => true): LoadVerdict {
    const [lost, lostOnOneNode] = this.#lost(areTogether);
    return {
      offered: this.#sent.reduce((sum, { next }) => sum + next, 0),
      acknowledged: this.#acknowledged,
      unanswered: this.unanswered,
      refused: Object.fromEntries(this.#refused),
      deliveries: this.#deliveries,
      duplicates: this.#duplicates,
      disordered: this.#disordered,
      lost,
      lostOnOneNode,
      wrongLefts: Object.fromEntries(this.#wrongLefts),
      joinedTwice: this.#joinedTwice,
      haunted: this.#haunted,
      states: this.states,
      cursors: this.cursors,
      sequenceGaps: this.sequenceGaps,
      sessionsLost: this.sessionsLost,
      ended: this.ended,
      rosterMismatches: this.rosterMismatches,
      replayed: this.replayed,
      resynced: this.resynced,
      joins: this.joins.summary(),
      resumes: this.resumes.summary(),
      latency: this.latency.summary(),
      examples: [...this.#examples],
    };
  }
}

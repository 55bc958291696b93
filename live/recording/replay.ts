// Tells the facts of a recording to core again, and compares what it orders.
//
// Core alone: no sockets, no clock, nothing of the moment. A machine is made from what stands in the header, each fact is told with the
// time it had, and the digest of the orders must be the recorded one. The first difference ends a life's replay: what follows it
// differs for that reason.

import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import { SignalingNode } from "../../core/node/signaling-node.ts";
import { factText } from "./fact-text.ts";
import { DamagedRecording, LifeReader, type RecordedFact } from "./fact-reader.ts";
import { FoldedEdgeOutbox, FoldedNodeOutbox } from "./folded-outboxes.ts";
import { OrderDigest, orderNames } from "./order-digest.ts";
import { readEdgePolicy, readNodePolicy } from "./policies.ts";
import { ReplayedEdgeOutbox, ReplayedNodeOutbox } from "./replayed-outboxes.ts";
import { type LifeFiles, livesIn, type SegmentHeader } from "./segments.ts";
import { THREW } from "./tape.ts";

export interface ReplayOptions {
  /** Only this machine: its id, or kind and id as "edge e1". */
  readonly machine?: string;
  /** Facts up to this time, ms. */
  readonly untilMs?: number;
  /** Other machines than core's: for tests. */
  readonly makeEdge?: (policy: EdgePolicy, outbox: EdgeOutbox) => EdgeGateway;
  readonly makeNode?: (policy: NodePolicy, outbox: NodeOutbox) => SignalingNode;
}

export interface Difference {
  readonly timeMs: number;
  /** From 1, over the life. */
  readonly factNumber: number;
  /** The fact in one line, without what clients said. */
  readonly fact: string;
  /** What differs: the orders by name or number, only what they say, the fact's answer, or whether core threw. */
  readonly what: "orders" | "contents" | "answer" | "error";
  readonly expected: readonly string[];
  readonly came: readonly string[];
  /** Of an error that core threw now. */
  readonly error?: string;
}

export interface LifeReport {
  readonly life: string;
  /** The header's; undefined when the process was killed before it was written. */
  readonly header: SegmentHeader | undefined;
  readonly segments: number;
  /** Facts told. */
  readonly facts: number;
  readonly orders: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Bytes after the last whole fact: the process was killed while it wrote. */
  readonly tornBytes: number;
  readonly difference: Difference | undefined;
  /** Where and how the recording of this life is damaged: what stands before it was replayed. */
  readonly damage: string | undefined;
}

/**
 * Every life in the directory, each by itself; one that is damaged does not keep the others from being replayed.
 *
 * @throws an Error of the system when the directory cannot be read.
 */
export function replay(directory: string, options: ReplayOptions = {}): readonly LifeReport[] {
  return livesIn(directory).flatMap((files) => {
    const [reader, damage] = opened(files);
    if (!isWanted(reader?.header, options.machine)) return [];
    return [replayLife(files, reader, damage, options)];
  });
}

/** A reader, or why there is none. */
function opened(files: LifeFiles): [LifeReader | undefined, string | undefined] {
  let reader: LifeReader | undefined;
  const damage = damageOf(() => {
    reader = new LifeReader(files);
  });
  return [reader, damage];
}

/** What was found to be damaged while reading. A file that cannot be read is no better. */
function damageOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    const isOfFiles = error instanceof Error && "syscall" in error;
    if (error instanceof DamagedRecording || isOfFiles) return error.message;
    throw error;
  }
}

function isWanted(header: SegmentHeader | undefined, machine: string | undefined): boolean {
  if (machine === undefined) return true;
  return header?.machine === machine || `${header?.kind} ${header?.machine}` === machine;
}

function replayLife(
  files: LifeFiles,
  reader: LifeReader | undefined,
  damaged: string | undefined,
  options: ReplayOptions,
): LifeReport {
  const header = reader?.header;
  const told = { facts: 0, orders: 0, fromMs: 0, toMs: 0 };
  let difference: Difference | undefined;
  const damage =
    damaged ??
    damageOf(() => {
      if (header === undefined) return;
      const machine = machineOf(header, options);
      for (const fact of reader!.facts()) {
        if (fact.timeMs > (options.untilMs ?? Infinity)) break;
        if (told.facts++ === 0) told.fromMs = fact.timeMs;
        told.toMs = fact.timeMs;
        told.orders += Math.max(0, fact.outcome.count);
        difference = machine.tell(fact);
        if (difference !== undefined || fact.outcome.count === THREW) break;
      }
    });
  const { life, segments } = files;
  const tornBytes = reader?.tornBytes ?? 0;
  return { life, header, segments: segments.length, ...told, tornBytes, difference, damage };
}

function machineOf(header: SegmentHeader, options: ReplayOptions): ReplayedMachine {
  const digest = new OrderDigest();
  if (header.kind === "edge") {
    const outbox = new ReplayedEdgeOutbox();
    const make = options.makeEdge ?? ((policy, own) => new EdgeGateway(policy, own));
    const core = make(readEdgePolicy(header.policy), new FoldedEdgeOutbox(outbox, digest));
    return new ReplayedMachine(core, digest, outbox);
  }
  const make = options.makeNode ?? ((policy, own) => new SignalingNode(policy, own));
  const outbox = new FoldedNodeOutbox(new ReplayedNodeOutbox(), digest);
  return new ReplayedMachine(make(readNodePolicy(header.policy), outbox), digest, undefined);
}

/** A machine that is told facts by name. */
class ReplayedMachine {
  readonly #core: object;
  readonly #digest: OrderDigest;
  readonly #answers: ReplayedEdgeOutbox | undefined;

  constructor(core: object, digest: OrderDigest, answers: ReplayedEdgeOutbox | undefined) {
    this.#core = core;
    this.#digest = digest;
    this.#answers = answers;
  }

  tell(fact: RecordedFact): Difference | undefined {
    this.#digest.reset();
    this.#answers?.expect(fact.outcome.answers);
    const facts = this.#core as Readonly<Record<string, (...args: unknown[]) => unknown>>;
    let answer: unknown;
    try {
      answer = facts[fact.name]!(...fact.args) ?? null;
    } catch (error) {
      if (fact.outcome.count === THREW) return undefined; // It did then, too.
      return this.#difference(fact, "error", { error: String((error as Error).message) });
    }
    return this.#compared(fact, answer);
  }

  #compared(fact: RecordedFact, answer: unknown): Difference | undefined {
    const { count, hash, runs, answer: expected } = fact.outcome;
    const own = this.#digest;
    if (count === THREW) return this.#difference(fact, "error");
    if (own.count !== count || !isSame(own.runs, runs)) return this.#difference(fact, "orders");
    if (own.hash !== hash) return this.#difference(fact, "contents");
    if (answer !== expected) {
      const said = { expected: [`answer ${String(expected)}`], came: [`answer ${String(answer)}`] };
      return this.#difference(fact, "answer", said);
    }
    return undefined;
  }

  #difference(
    fact: RecordedFact,
    what: Difference["what"],
    said: Partial<Difference> = {},
  ): Difference {
    const { outcome, timeMs, number: factNumber } = fact;
    return {
      timeMs,
      factNumber,
      fact: factText(fact),
      what,
      expected: outcome.count === THREW ? ["an error"] : orderNames(outcome.runs),
      came: orderNames(this.#digest.runs),
      ...said,
    };
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

// The orders of one fact, folded: how many, which, and a hash over all that they say.
//
// A recording need not hold what core ordered, only enough to tell whether core, told the same, orders the same. The outboxes that
// do the folding are in folded-outboxes.ts.

import { crc32 } from "node:zlib";
import type { Message } from "../../core/protocol/message.ts";
import type { BusMessage } from "../../core/trunk.ts";
import { WireMessage } from "../wire-message.ts";
import { comparableText, maskedBody, maskedText } from "./secrets.ts";

/** Numbers of the orders in a recording: they only ever grow. */
const ORDER_NAMES = [
  "verifyToken",
  "verifyResume",
  "write",
  "close",
  "attach",
  "relay",
  "acknowledge",
  "detach",
  "declareOrphans",
  "publish",
  "sealResume",
  "iceFor",
  "dropTrunk",
  "attached",
  "refused",
  "multicast",
  "deliver",
  "stepDown",
  "allocateSfu",
  "toSfu",
] as const;
type OrderName = (typeof ORDER_NAMES)[number];

const NUMBER_OF = Object.fromEntries(ORDER_NAMES.map((name, i) => [name, i])) as Readonly<
  Record<OrderName, number>
>;

/** A run of equal orders in one number: the order's number, and how often. */
const RUN = 64;
/** Runs that are kept by name; the hash covers all. Assumed: what a report can show. */
const RUNS_MAX = 24;

/** The names of the orders in `runs`, as a report shows them: "write × 3". */
export function orderNames(runs: readonly number[]): readonly string[] {
  return runs.map((run, i) => {
    if (i === RUNS_MAX) return "…";
    const times = Math.floor(run / RUN);
    const name = ORDER_NAMES[run % RUN] ?? "an order of a later version";
    return times === 1 ? name : `${name} × ${times}`;
  });
}

export class OrderDigest {
  /** Orders of the fact so far. */
  count = 0;
  hash = 0;
  /** Runs of equal orders, at most RUNS_MAX: see `orderNames`. */
  readonly runs: number[] = [];
  /** What core was answered, without secrets, as JSON or null. */
  readonly answers: (string | null)[] = [];
  /** Folding costs time: only while somebody keeps the result. */
  isOn = true;
  #lastNumber = -1;
  #lastMessage: Message | undefined;
  #lastText = "";

  /** Before a fact. */
  reset(): void {
    this.count = 0;
    this.hash = 0;
    this.#lastNumber = -1;
    if (this.runs.length > 0) this.runs.length = 0;
    if (this.answers.length > 0) this.answers.length = 0;
  }

  /** After the facts of one turn: a message is not kept for the sake of its text. */
  forget(): void {
    this.#lastMessage = undefined;
  }

  /** An order with the handles and numbers that it names. */
  order(name: OrderName, a = 0, b = 0, c = 0, d = 0): void {
    const number = NUMBER_OF[name];
    this.count++;
    this.hash = mixed(this.hash, number);
    this.number(a);
    this.number(b);
    this.number(c);
    this.number(d);
    const { runs } = this;
    const last = runs.length - 1;
    if (number === this.#lastNumber) {
      if (last < RUNS_MAX) runs[last] = runs[last]! + RUN;
    } else if (runs.length <= RUNS_MAX) {
      runs.push(RUN + number); // One above the maximum says that there are more.
    }
    this.#lastNumber = number;
  }

  number(value: number): void {
    this.hash = mixed(this.hash, value | 0);
    // Handles and numbers of messages are small; a time, a byte count beyond 2 GiB or Infinity is not.
    if (value !== (value | 0)) this.text(String(value));
  }

  text(text: string): void {
    this.hash = mixed(this.hash, crc32(text));
  }

  /** What is JSON but for infinite numbers, which count as null. */
  json(value: unknown): void {
    this.text(JSON.stringify(value) ?? "");
  }

  /** A message to clients: what they read. */
  message(message: Message): void {
    this.#header(message);
    // Fanout: the same message again and again.
    if (message !== this.#lastMessage) {
      this.#lastText = comparableText(message);
      this.#lastMessage = message;
    }
    this.text(this.#lastText);
  }

  /** A message of a client on its way up: no client ever reads it in this form. */
  upward(message: Message): void {
    this.#header(message);
    this.text(message.to);
    if (message instanceof WireMessage) this.text(maskedText(message));
    else this.json(maskedBody(message.kind, message.body));
  }

  #header({ kind, id, n, bytes, from, key }: Message): void {
    this.number(kind);
    this.number(id);
    this.number(n);
    this.number(bytes);
    if (from !== "") this.text(from);
    if (key !== "") this.text(key);
  }

  published(subject: string, message: BusMessage): void {
    this.order("publish");
    this.text(subject);
    if (message.type !== "update") {
      this.json(message);
      return;
    }
    const { message: said, ...update } = message;
    this.json(update);
    this.upward(said);
  }
}

function mixed(hash: number, value: number): number {
  const h = Math.imul(hash ^ value, 0x9e3779b1); // 2^32 / golden ratio, odd: every bit of the value counts.
  return (h ^ (h >>> 15)) | 0;
}

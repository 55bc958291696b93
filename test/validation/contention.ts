// Clients that contend for one row with optimistic concurrency, as in Brooker's study of jitter (2015).
//
// A client reads the row's version and then writes on condition that it is still the same. Every message
// takes |N(10 ms, 2 ms)|. Who fails backs off and reads again. Only one writer can win at a time, so
// what counts is how few writes are wasted and how soon the last has won.

import { decorrelatedPolicy, equalJitterPolicy } from "../../core/client/peer-policies.ts";
import { doubledMs, fullJitterPolicy } from "../../core/client/reconnect-policy.ts";
import { compile } from "../../sim/engine/distributions.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { type RandomStream, randomStream } from "../../sim/engine/random.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { SHARED_LOSS } from "./retries.ts";
import { type Measured, type Target, nameOf, parameterOf } from "./target.ts";

const READ_ARRIVES = 1;
const READ_ANSWERED = 2;
const WRITE_ARRIVES = 3;
const WRITE_ANSWERED = 4;
const WAKES = 5;
const MS_US = 1_000;

/** The delay after failure number `attempt`, counted from 1, ms. */
type Backoff = (attempt: number, previousDelayMs: number, draw: number) => number;

function backoffOf(algorithm: string, baseMs: number, capMs: number): Backoff {
  const full = fullJitterPolicy(baseMs, capMs);
  const equal = equalJitterPolicy(baseMs, capMs);
  const decorrelated = decorrelatedPolicy(baseMs, capMs);
  switch (algorithm) {
    case "None":
      return () => 0;
    case "Exponential":
      return (attempt) => doubledMs(baseMs, attempt, capMs);
    case "FullJitter":
      return (attempt, _, draw) => full.delayMs({ ...SHARED_LOSS, attempt }, draw);
    case "EqualJitter":
      return (attempt, _, draw) => equal.delayMs({ ...SHARED_LOSS, attempt }, draw);
    case "Decorr":
      return (attempt, previousDelayMs, draw) =>
        decorrelated.delayMs({ ...SHARED_LOSS, attempt, previousDelayMs }, draw);
    default:
      throw new Error(`No backoff is named "${algorithm}".`);
  }
}

interface Network {
  readonly meanMs: number;
  readonly sdMs: number;
}

class Contention implements EventHandler {
  readonly sim = new Simulation();
  readonly #backoff: Backoff;
  readonly #stream: RandomStream;
  readonly #drawHopMs: (stream: RandomStream) => number;
  readonly #seenVersion: Int32Array;
  readonly #failures: Int32Array;
  readonly #delayMs: Float64Array;
  #version = 0;
  writes = 0;
  /** When the last client had its answer, ms. */
  lastAnswerMs = 0;

  constructor(clients: number, backoff: Backoff, baseMs: number, network: Network, run: number) {
    this.#backoff = backoff;
    this.#stream = randomStream(61, "contention", run);
    this.#drawHopMs = compile({ dist: "normal", mean: network.meanMs, sd: network.sdMs });
    this.#seenVersion = new Int32Array(clients);
    this.#failures = new Int32Array(clients);
    this.#delayMs = new Float64Array(clients).fill(baseMs);
    for (let client = 0; client < clients; client++) this.#hop(READ_ARRIVES, client, 0);
    this.sim.run(TIME_US_MAX, this);
  }

  handle(kind: number, client: number, detail: number): void {
    switch (kind) {
      case READ_ARRIVES:
        return this.#hop(READ_ANSWERED, client, this.#version);
      case READ_ANSWERED:
        this.#seenVersion[client] = detail;
        return this.#hop(WRITE_ARRIVES, client, detail);
      case WRITE_ARRIVES: {
        this.writes++;
        const wins = detail === this.#version;
        if (wins) this.#version++;
        return this.#hop(WRITE_ANSWERED, client, wins ? 1 : 0);
      }
      case WRITE_ANSWERED:
        if (detail === 1) this.lastAnswerMs = this.sim.nowMs;
        else this.#backOff(client);
        return;
      case WAKES:
        return this.#hop(READ_ARRIVES, client, 0);
    }
  }

  #backOff(client: number): void {
    const attempt = ++this.#failures[client];
    const draw = this.#stream.nextUnit();
    const delayMs = this.#backoff(attempt, this.#delayMs[client], draw);
    this.#delayMs[client] = delayMs;
    this.sim.schedule(Math.round(delayMs * MS_US), WAKES, client, 0);
  }

  #hop(kind: number, client: number, detail: number): void {
    const hopMs = Math.abs(this.#drawHopMs(this.#stream));
    this.sim.schedule(Math.round(hopMs * MS_US), kind, client, detail);
  }
}

function meansOf(
  clients: number,
  algorithm: string,
  ranges: { readonly baseMs: number; readonly capMs: number; readonly network: Network },
  runs: number,
): { readonly calls: number; readonly timeMs: number } {
  const { baseMs, capMs, network } = ranges;
  const backoff = backoffOf(algorithm, baseMs, capMs);
  let calls = 0;
  let timeMs = 0;
  for (let run = 0; run < runs; run++) {
    const contention = new Contention(clients, backoff, baseMs, network, run);
    calls += contention.writes;
    timeMs += contention.lastAnswerMs;
  }
  return { calls: calls / runs, timeMs: timeMs / runs };
}

/** Runs of the study itself. */
const RUNS = 100;

export function contention(target: Target): Measured {
  const ranges = {
    baseMs: parameterOf(target, "base_ms"),
    capMs: parameterOf(target, "cap_ms"),
    network: {
      meanMs: parameterOf(target, "net_mean_ms"),
      sdMs: parameterOf(target, "net_sd_ms"),
    },
  };
  const clients = parameterOf(target, "clients");
  const { calls, timeMs } = meansOf(clients, nameOf(target, "algorithm"), ranges, RUNS);
  return { values: { calls_mean: calls, time_ms_mean: timeMs }, by: "simulation", runs: RUNS };
}

/** Another author's figure of the same model; few runs are enough for what can be read off a plot. */
export function contentionFigure(target: Target): Measured {
  const clients = parameterOf(target, "clients");
  const ranges = { baseMs: 5, capMs: 2_000, network: { meanMs: 10, sdMs: 2 } };
  const means = (algorithm: string): { readonly calls: number; readonly timeMs: number } =>
    meansOf(clients, algorithm, ranges, 20);
  const none = means("None");
  const plain = means("Exponential");
  const full = means("FullJitter");
  const equal = means("EqualJitter");
  return {
    values: {
      constant0_calls: none.calls,
      expo_calls: plain.calls,
      full_calls: full.calls,
      equal_calls: equal.calls,
      expo_time: plain.timeMs,
      equal_time: equal.timeMs,
      full_time: full.timeMs,
      constant0_time: none.timeMs,
    },
    by: "simulation",
  };
}

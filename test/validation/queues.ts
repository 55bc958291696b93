// Queues with known answers, played on the engine: customers arrive, wait, are served and leave.
//
// The service discipline here is a page of code, so what these experiments hold to the formulas is what
// they run on: the order and the times of events, the random streams and the distributions. One unit of
// a model's time is a second; the engine counts microseconds.

import { type Distribution, compile } from "../../sim/engine/distributions.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { Histogram } from "../../sim/metrics/histogram.ts";
import { type Measured, type Target, nameOf, parameterOf } from "./target.ts";

const SECOND_US = 1_000_000;
const ARRIVAL = 1;
const DEPARTURE = 2;
/** Customers that are not counted, so that the empty start is forgotten. Assumed: 2 % of the run. */
const WARM_UP_RATIO = 0.02;
/** Waits whose probability of being exceeded is asked for, s. */
const TAILS_SEC = [1, 5, 10];

export interface QueueModel {
  readonly arrivalsPerSec: number;
  readonly service: Distribution;
  readonly servers: number;
  readonly customers: number;
  readonly seed: number;
  /** Whether who finds all servers busy leaves at once. */
  readonly isLoss?: boolean;
}

/** First come, first served, any number of servers. */
export class QueueRun implements EventHandler {
  readonly #sim = new Simulation();
  readonly #model: QueueModel;
  readonly #drawGap: () => number;
  readonly #drawService: () => number;
  /** Instants of arrival of those who wait, from `#head` on. */
  #waiting: number[] = [];
  #head = 0;
  #busy = 0;
  #arrived = 0;
  #countedFromUs = 0;
  #changedAtUs = 0;
  /** Integral of the number in the system, customers × µs. */
  #area = 0;
  readonly sojournUs = new Histogram(SECOND_US);
  readonly waitUs = new Histogram(SECOND_US);
  /** How many counted waits were longer than each of `TAILS_SEC`. */
  readonly tailCounts = TAILS_SEC.map(() => 0);
  /** Counted arrivals, those who found every server busy, those who left unserved. */
  counted = 0;
  foundBusy = 0;
  lost = 0;

  constructor(model: QueueModel) {
    this.#model = model;
    const gap = compile({ dist: "exponential", mean: SECOND_US / model.arrivalsPerSec });
    const gapStream = randomStream(model.seed, "gap");
    this.#drawGap = () => Math.round(gap(gapStream));
    const service = compile(model.service);
    const serviceStream = randomStream(model.seed, "service");
    this.#drawService = () => Math.round(service(serviceStream) * SECOND_US);
    this.#sim.schedule(this.#drawGap(), ARRIVAL, 0, 0);
    this.#sim.run(TIME_US_MAX, this);
  }

  /** Mean number in the system over the counted time. */
  get meanNumber(): number {
    return this.#area / (this.#changedAtUs - this.#countedFromUs);
  }

  get meanWaitSec(): number {
    return this.waitUs.mean / SECOND_US;
  }

  get meanSojournSec(): number {
    return this.sojournUs.mean / SECOND_US;
  }

  /** Customers served per second of counted time. */
  get throughputPerSec(): number {
    return (this.waitUs.count * SECOND_US) / (this.#changedAtUs - this.#countedFromUs);
  }

  handle(kind: number, a: number, b: number): void {
    const nowUs = this.#sim.nowUs;
    if (this.#isCounting()) {
      this.#area += (nowUs - this.#changedAtUs) * (this.#busy + this.#waiting.length - this.#head);
    }
    this.#changedAtUs = nowUs;
    if (kind === ARRIVAL) this.#arrive(nowUs);
    else this.#depart(nowUs, a * SECOND_US + b);
  }

  #isCounting(): boolean {
    return this.#arrived > this.#model.customers * WARM_UP_RATIO;
  }

  #arrive(nowUs: number): void {
    const { servers, customers, isLoss = false } = this.#model;
    if (!this.#isCounting()) this.#countedFromUs = nowUs;
    this.#arrived++;
    const counts = this.#isCounting();
    if (counts) this.counted++;
    if (this.#busy < servers) {
      if (counts) this.waitUs.record(0);
      this.#serve(nowUs);
    } else {
      if (counts) this.foundBusy++;
      if (!isLoss) this.#waiting.push(nowUs);
      else if (counts) this.lost++;
    }
    if (this.#arrived < customers) this.#sim.schedule(this.#drawGap(), ARRIVAL, 0, 0);
    else this.#sim.stop();
  }

  #depart(nowUs: number, arrivedAtUs: number): void {
    this.#busy--;
    if (this.#isCounting()) this.sojournUs.record(nowUs - arrivedAtUs);
    if (this.#head === this.#waiting.length) return;
    const next = this.#waiting[this.#head++];
    if (this.#head >= 65_536) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (this.#isCounting()) this.#countWait(nowUs - next);
    this.#serve(next);
  }

  #countWait(waitUs: number): void {
    this.waitUs.record(waitUs);
    for (let i = 0; i < TAILS_SEC.length; i++) {
      if (waitUs > TAILS_SEC[i] * SECOND_US) this.tailCounts[i]++;
    }
  }

  /** An event carries two int32: the instant of arrival goes in seconds and microseconds. */
  #serve(arrivedAtUs: number): void {
    this.#busy++;
    const sec = Math.floor(arrivedAtUs / SECOND_US);
    const { nowUs } = this.#sim;
    this.#sim.at(nowUs + this.#drawService(), DEPARTURE, sec, arrivedAtUs - sec * SECOND_US);
  }
}

function shared(run: QueueRun): Record<string, number> {
  return {
    L: run.meanNumber,
    W: run.meanSojournSec,
    Wq: run.meanWaitSec,
    P_wait: run.foundBusy / run.counted,
  };
}

function picked(target: Target, values: Readonly<Record<string, number>>): Measured {
  const asked = Object.entries(values).filter(([key]) => target.expected.has(key));
  return { values: Object.fromEntries(asked), by: "simulation" };
}

/**
 * Customers of a run. Most targets advise 2 million, which is short for tails and for large systems: there
 * the states of a queue that can be told apart come thousands of customers after each other.
 */
function customersOf(target: Target): number {
  return MORE_CUSTOMERS.get(target.id) ?? 2_000_000;
}

const MORE_CUSTOMERS: ReadonlyMap<string, number> = new Map([
  ["queue.mm1.rho90", 10_000_000],
  ["queue.mm1.rho95", 4_000_000],
  ["queue.md1.rho80", 10_000_000],
  ["queue.mg1.lognormal_cv2_4", 4_000_000],
  ["queue.erlangb.A1700_c1700", 24_000_000],
]);

export function mm1(target: Target): Measured {
  const run = new QueueRun({
    arrivalsPerSec: parameterOf(target, "lambda_"),
    service: { dist: "exponential", mean: 1 / parameterOf(target, "mu") },
    servers: 1,
    customers: customersOf(target),
    seed: 11,
  });
  const quantileSec = (q: number): number => run.sojournUs.quantile(q) / SECOND_US;
  return picked(target, {
    ...shared(run),
    sojourn_p50: quantileSec(0.5),
    sojourn_p95: quantileSec(0.95),
    sojourn_p99: quantileSec(0.99),
  });
}

export function mmc(target: Target): Measured {
  const servers = parameterOf(target, "c");
  const meanServiceSec = 1 / parameterOf(target, "mu");
  const run = new QueueRun({
    arrivalsPerSec: parameterOf(target, "lambda_"),
    service: { dist: "exponential", mean: meanServiceSec },
    servers,
    customers: customersOf(target),
    seed: 12,
  });
  const meanBusy = run.throughputPerSec * (run.meanSojournSec - run.meanWaitSec);
  return picked(target, {
    ...shared(run),
    erlang_c: run.foundBusy / run.counted,
    Lq: run.meanNumber - meanBusy,
    rho: meanBusy / servers,
  });
}

export function md1(target: Target): Measured {
  const run = new QueueRun({
    arrivalsPerSec: parameterOf(target, "lambda_"),
    service: { dist: "constant", value: parameterOf(target, "service") },
    servers: 1,
    customers: customersOf(target),
    seed: 13,
  });
  const [above1, above5, above10] = run.tailCounts.map((count) => count / run.waitUs.count);
  return picked(target, {
    ...shared(run),
    P_wait_gt_1: above1,
    P_wait_gt_5: above5,
    P_wait_gt_10: above10,
  });
}

export function mg1(target: Target): Measured {
  const cv2 = parameterOf(target, "service_cv2");
  const law = nameOf(target, "law");
  const run = new QueueRun({
    arrivalsPerSec: parameterOf(target, "lambda_"),
    service:
      law === "lognormal"
        ? { dist: "lognormal", mean: 1, cv: Math.sqrt(cv2) }
        : { dist: "erlang", shape: Math.round(1 / cv2), mean: 1 },
    servers: 1,
    customers: customersOf(target),
    seed: 14,
  });
  const meanBusy = run.throughputPerSec * (run.meanSojournSec - run.meanWaitSec);
  return picked(target, { ...shared(run), Lq: run.meanNumber - meanBusy });
}

/**
 * A loss system does not care how holding times are distributed, only about their mean: a constant
 * one gives the answer from the fewest customers, and a wrong engine would show in it all the same.
 */
export function erlangB(target: Target): Measured {
  const servers = parameterOf(target, "servers");
  const run = new QueueRun({
    arrivalsPerSec: parameterOf(target, "offered_erlangs"),
    service: servers > 100 ? { dist: "constant", value: 1 } : { dist: "exponential", mean: 1 },
    servers,
    customers: customersOf(target),
    seed: 15,
    isLoss: true,
  });
  return picked(target, { blocking: run.lost / run.counted });
}

// Reconnect storms: everybody is cut off at once and comes back as their policy says.
//
// The policies and the gate are those of core; the engine holds the appointments.

import { ADMISSION_LIMITS, Admission } from "../../core/admission.ts";
import { decorrelatedPolicy, equalJitterPolicy } from "../../core/client/peer-policies.ts";
import {
  type ReconnectPolicyName,
  RECONNECT_POLICY_NAMES,
  reconnectPolicy,
} from "../../core/client/peer-policies.ts";
import {
  type ReconnectPolicy,
  doubledMs,
  fullJitterPolicy,
} from "../../core/client/reconnect-policy.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { StreamColumn } from "../../sim/engine/random.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { SHARED_LOSS, drainSec } from "./retries.ts";
import { type Measured, type Target, nameOf, parameterOf } from "./target.ts";

const MS_US = 1_000;
const ATTEMPT = 1;

/** Exponential without jitter: everybody who failed together fails together again. */
function plainBackoff(baseMs: number, capMs: number): ReconnectPolicy {
  return {
    name: "exponential",
    stableAfterMs: 0,
    delayMs: ({ attempt }) => doubledMs(baseMs, attempt, capMs),
  };
}

interface StormResult {
  readonly attempts: number;
  readonly gaveUp: number;
  /** Instants of admission, µs, in order. */
  readonly admittedAtUs: readonly number[];
  /** Attempts in the busiest of the bins counted from 0. */
  readonly peakPerBin: number;
}

interface StormModel {
  readonly people: number;
  readonly policy: ReconnectPolicy;
  readonly baseMs: number;
  readonly binMs: number;
  readonly seed: number;
  readonly untilUs: number;
  /** Whether attempt of `person` at `nowMs` is let in. */
  readonly admit: (person: number, nowMs: number) => boolean;
}

class Storm implements EventHandler {
  readonly #sim = new Simulation();
  readonly #model: StormModel;
  readonly #draws: StreamColumn;
  readonly #attempt: Int32Array;
  readonly #previousDelayMs: Float64Array;
  readonly #bins: number[] = [];
  readonly #admittedAtUs: number[] = [];
  #attempts = 0;
  #gaveUp = 0;

  constructor(model: StormModel) {
    this.#model = model;
    this.#draws = new StreamColumn(model.seed, "attempt", model.people);
    this.#attempt = new Int32Array(model.people);
    this.#previousDelayMs = new Float64Array(model.people).fill(model.baseMs);
    for (let person = 0; person < model.people; person++) this.#backOff(person);
    this.#sim.run(model.untilUs, this);
  }

  result(): StormResult {
    return {
      attempts: this.#attempts,
      gaveUp: this.#gaveUp,
      admittedAtUs: this.#admittedAtUs,
      peakPerBin: this.#bins.reduce((most, count) => Math.max(most, count ?? 0), 0),
    };
  }

  handle(_kind: number, person: number): void {
    const { nowUs, nowMs } = this.#sim;
    const bin = Math.floor(nowMs / this.#model.binMs);
    while (this.#bins.length <= bin) this.#bins.push(0);
    this.#bins[bin]++;
    this.#attempts++;
    if (this.#model.admit(person, nowMs)) this.#admittedAtUs.push(nowUs);
    else this.#backOff(person);
  }

  #backOff(person: number): void {
    const attempt = this.#attempt[person]++;
    const previousDelayMs = this.#previousDelayMs[person];
    const situation = { ...SHARED_LOSS, attempt, previousDelayMs, downMs: this.#sim.nowMs };
    const delayMs = this.#model.policy.delayMs(situation, this.#draws.nextUnit(person));
    if (delayMs === Infinity) {
      this.#gaveUp++;
      return;
    }
    this.#previousDelayMs[person] = delayMs;
    this.#sim.schedule(Math.round(delayMs * MS_US), ATTEMPT, person, 0);
  }
}

const BIN_MS = 100;

/** 100,000 clients against one admission gate in which nobody waits. */
export function reconnectStorm(target: Target): Measured {
  const people = parameterOf(target, "N");
  const perSec = parameterOf(target, "R_per_s");
  const gate = new Admission({
    ...ADMISSION_LIMITS,
    admitPerSec: perSec,
    burstMs: (parameterOf(target, "depth") * 1_000) / perSec,
    queueMs: 0,
    queueMax: 0,
  });
  const { attempts, gaveUp, admittedAtUs, peakPerBin } = new Storm({
    people,
    policy: reconnectPolicy(policyNameOf(target)),
    baseMs: 0,
    binMs: BIN_MS,
    seed: 51,
    untilUs: TIME_US_MAX,
    admit: (person, nowMs) => gate.request("resume", person, nowMs, Infinity) === "admitted",
  }).result();
  const admitted = admittedAtUs.length;
  const sec = (us: number): number => us / 1_000_000;
  return {
    values: {
      lower_bound_s: drainSec(people, perSec),
      attempts_per_client: attempts / people,
      t99_s: sec(admittedAtUs[Math.ceil(admitted * 0.99) - 1]),
      t100_s: sec(admittedAtUs[admitted - 1]),
      gave_up_pct: (gaveUp * 100) / people,
      peak_per_s: (peakPerBin * 1_000) / BIN_MS,
    },
    by: "simulation",
  };
}

function policyNameOf(target: Target): ReconnectPolicyName {
  const wanted = nameOf(target, "policy");
  return RECONNECT_POLICY_NAMES.find((name) => name === wanted) ?? "stormglass";
}

/** Seeds of the published table. */
const PEAK_SEEDS = 11;
/** Peaks come within the first waits; nothing is near them later. */
const PEAK_UNTIL_US = 4_000_000;

/** The most attempts in any window when every attempt fails; median over seeds. */
export function retryPeaks(target: Target): Measured {
  const people = parameterOf(target, "N");
  const baseMs = parameterOf(target, "base_s") * 1_000;
  const binMs = parameterOf(target, "window_ms");
  const capMs = 60_000;
  const median = (policy: ReconnectPolicy): number => {
    const peaks: number[] = [];
    for (let seed = 1; seed <= PEAK_SEEDS; seed++) {
      const model = { people, policy, baseMs, binMs, seed, untilUs: PEAK_UNTIL_US };
      peaks.push(new Storm({ ...model, admit: () => false }).result().peakPerBin);
    }
    return peaks.sort((a, b) => a - b)[(PEAK_SEEDS - 1) / 2];
  };
  return {
    values: {
      none: median(plainBackoff(baseMs, capMs)),
      full: median(fullJitterPolicy(baseMs, capMs)),
      equal: median(equalJitterPolicy(baseMs, capMs)),
      decorrelated: median(decorrelatedPolicy(baseMs, capMs)),
    },
    by: "simulation",
  };
}

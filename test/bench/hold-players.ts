// Who plays the hold model on our side, and from which delays.
//
// Once on the queue as the simulation uses it, with payload column and change of structure; and once inside the
// simulation, with clock, digest and handler. Both keep the checksum that hold.cpp keeps.

import { AdaptiveQueue } from "../../sim/engine/adaptive-queue.ts";
import { compile } from "../../sim/engine/distributions.ts";
import type { EventQueue } from "../../sim/engine/event-queue.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { Simulation } from "../../sim/engine/simulation.ts";
import type { EventHandler } from "../../sim/engine/simulation.ts";

const DELAYS = 65_536;
export type Mix = "exponential" | "signalling mix";

/** Delays in µs. The mix: network and service times, heartbeats, timeouts, long sessions. Assumed. */
export function delaysOf(mix: Mix): Int32Array {
  const stream = randomStream(1, "delays", mix);
  const exponential = compile({ dist: "exponential", mean: 1_000_000 });
  const quick = compile({ dist: "exponential", mean: 40_000 });
  const heartbeat = compile({ dist: "uniform", low: 22_500_000, high: 27_500_000 });
  const timeout = compile({ dist: "exponential", mean: 2_000_000 });
  const session = compile({ dist: "uniform", low: 285_000_000, high: 315_000_000 });
  return Int32Array.from({ length: DELAYS }, () => {
    if (mix === "exponential") return Math.round(exponential(stream));
    const which = stream.nextUnit();
    if (which < 0.7) return Math.round(5_000 + quick(stream));
    if (which < 0.9) return Math.round(heartbeat(stream));
    return Math.round(which < 0.98 ? timeout(stream) : session(stream));
  });
}

function mixed(checksum: number, atUs: number, kind: number, a: number): number {
  return ((Math.imul(checksum ^ (atUs | 0), 0x9e3779b1) + a) | 0) ^ kind;
}

export interface Player {
  /** Over time, kind and handle of every event so far, in order; int32. */
  readonly checksum: number;
  play(holds: number): void;
}

/** The queue as it is used, without the simulation around it. */
export class QueuePlayer implements Player {
  checksum = 1;
  #cursor = 0;
  readonly #delays: Int32Array;
  readonly #queue: EventQueue = new AdaptiveQueue();

  constructor(delays: Int32Array, pending: number) {
    this.#delays = delays;
    for (let a = 0; a < pending; a++) {
      this.#queue.push(delays[this.#cursor++ & (DELAYS - 1)], a & 3, a, -a, undefined);
    }
  }

  play(holds: number): void {
    const queue = this.#queue;
    const delays = this.#delays;
    let cursor = this.#cursor;
    let checksum = this.checksum;
    for (let i = 0; i < holds; i++) {
      queue.pop();
      const { atUs, kind, a, b, payload } = queue;
      checksum = mixed(checksum, atUs, kind, a);
      queue.push(atUs + delays[cursor++ & (DELAYS - 1)], kind, a, b, payload);
    }
    this.#cursor = cursor;
    this.checksum = checksum;
  }
}

/** The whole engine: clock, digest, observer check, a handler that schedules. */
export class SimulationPlayer implements Player, EventHandler {
  checksum = 1;
  #cursor = 0;
  readonly #delays: Int32Array;
  readonly #simulation = new Simulation();

  constructor(delays: Int32Array, pending: number) {
    this.#delays = delays;
    for (let a = 0; a < pending; a++) {
      this.#simulation.at(delays[this.#cursor++ & (DELAYS - 1)], a & 3, a, -a);
    }
  }

  play(holds: number): void {
    const eventsMax = this.#simulation.eventCount + holds;
    this.#simulation.run(Infinity, this, { eventsMax });
  }

  handle(kind: number, a: number, b: number): void {
    const simulation = this.#simulation;
    this.checksum = mixed(this.checksum, simulation.nowUs, kind, a);
    simulation.schedule(this.#delays[this.#cursor++ & (DELAYS - 1)], kind, a, b);
  }
}

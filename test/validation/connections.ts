// How many connections stand when they come at a rate and last a while.

import { compile } from "../../sim/engine/distributions.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { type Measured, type Target, parameterOf } from "./target.ts";

const SECOND_US = 1_000_000;
const OPENS = 1;
const CLOSES = 2;

class Connections implements EventHandler {
  readonly sim = new Simulation();
  readonly #gapUs: () => number;
  readonly #lastsUs: () => number;
  #changedAtUs = 0;
  /** Integral of the number of connections, connections × µs. */
  areaUs = 0;
  open = 0;
  closed = 0;

  /** `open` connections stand at the beginning, with lives drawn like those of new ones. */
  constructor(gapUs: () => number, lastsUs: () => number, open: number) {
    this.#gapUs = gapUs;
    this.#lastsUs = lastsUs;
    this.open = open;
    for (let i = 0; i < open; i++) this.sim.schedule(lastsUs(), CLOSES, i, 0);
    this.sim.schedule(gapUs(), OPENS, 0, 0);
  }

  handle(kind: number): void {
    const { nowUs } = this.sim;
    this.areaUs += this.open * (nowUs - this.#changedAtUs);
    this.#changedAtUs = nowUs;
    if (kind === CLOSES) {
      this.open--;
      this.closed++;
      return;
    }
    this.open++;
    this.sim.schedule(this.#lastsUs(), CLOSES, 0, 0);
    this.sim.schedule(this.#gapUs(), OPENS, 0, 0);
  }
}

/** One connection after the other, each for its whole allowed time: nothing is left to chance. */
export function littlesLaw(target: Target): Measured {
  const gapUs = SECOND_US / parameterOf(target, "lambda_per_s");
  const lastsUs = parameterOf(target, "W_s") * SECOND_US;
  const run = new Connections(
    () => gapUs,
    () => lastsUs,
    0,
  );
  run.sim.run(lastsUs, run);
  const first = run.open;
  run.sim.run(lastsUs + 10 * SECOND_US, run);
  return { values: { N: first === run.open ? run.open : NaN }, by: "computation" };
}

/** Hours that are counted: the mean of so many is known to about 0.06 %. */
const HOURS = 60;

export function connectionCount(target: Target): Measured {
  const perSec = parameterOf(target, "lambda_per_s");
  const meanSec = parameterOf(target, "mean_session_s");
  const gap = compile({ dist: "exponential", mean: SECOND_US / perSec });
  const lasts = compile({ dist: "exponential", mean: SECOND_US * meanSec });
  const gaps = randomStream(21, "gap");
  const lives = randomStream(21, "life");
  const run = new Connections(
    () => Math.round(gap(gaps)),
    () => Math.round(lasts(lives)),
    Math.round(perSec * meanSec),
  );
  const untilUs = HOURS * 3_600 * SECOND_US;
  run.sim.run(untilUs, run);
  return {
    values: {
      mean: run.areaUs / untilUs,
      churn_per_s: (run.closed * SECOND_US) / untilUs,
    },
    by: "simulation",
    without: {
      sd: "to 0.1 % it takes half a million independent hours",
      p9999: "to 0.1 % it takes millions of independent hours",
    },
  };
}

// The traps of autoscaling that a run shows, worst first. Each speaks with this run's numbers, or not at all.

import type { Scenario } from "../../../scenarios/schema.ts";
import type { RunResult } from "../../result.ts";
import { cliff } from "./cliff.ts";
import { damping } from "./damping.ts";
import { deadBand } from "./dead-band.ts";
import { Evidence } from "./evidence.ts";
import { flapping } from "./flapping.ts";
import { idleCpu } from "./idle-cpu.ts";
import { outrun } from "./outrun.ts";
import { saturation } from "./saturation.ts";
import { sticky } from "./sticky.ts";
import { surge } from "./surge.ts";

/** People are refused, then people are cut off, then the loop is slow, then it is dear. */
const DETECTORS = [
  saturation,
  outrun,
  cliff,
  flapping,
  surge,
  damping,
  sticky,
  idleCpu,
  deadBand,
] as const;

export function traps(result: RunResult, scenario: Scenario): readonly string[] {
  const { autoscaling } = result;
  if (autoscaling?.manifest === undefined) return [];
  const evidence = new Evidence(result, scenario, autoscaling, autoscaling.manifest);
  return DETECTORS.flatMap((detect) => detect(evidence));
}

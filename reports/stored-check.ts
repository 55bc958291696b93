// A check as it comes out of results.json, in the form that the texts of this folder take: what is absent
// in the file is undefined here.

import type { Check } from "../sim/slo.ts";
import type { ScenarioResult } from "./results-schema.ts";

const ABSENT = {
  limit: undefined,
  versus: undefined,
  value: undefined,
  interval: undefined,
  difference: undefined,
  margin: undefined,
  worstSeed: undefined,
} as const;
const ABSENT_OF_SEED = {
  value: undefined,
  paired: undefined,
  limit: undefined,
  holds: undefined,
} as const;

export function storedCheck(check: ScenarioResult["checks"][number]): Check {
  const seeds = check.seeds.map((seed) => ({ ...ABSENT_OF_SEED, ...seed }));
  return { ...ABSENT, ...check, seeds };
}

// Random quantities as plain data. What draws from them lives in the simulator.

import Type, { type Static } from "typebox";
import { NOTATION } from "../quantities.ts";
import { duration } from "./fields.ts";

const lowest = () => duration("no draw is below this", { default: "0ms", written: "min" });
const highest = () =>
  duration("no draw is above this", { default: "unlimited", written: "max", endless: true });

const Constant = Type.Object({
  dist: Type.Literal("constant"),
  valueMs: duration("always this"),
});
const Uniform = Type.Object({
  dist: Type.Literal("uniform"),
  minMs: duration("lower end"),
  maxMs: duration("upper end"),
});
const Exponential = Type.Object({
  dist: Type.Literal("exponential"),
  meanMs: duration("mean before the limits apply"),
  minMs: lowest(),
  maxMs: highest(),
});
/** Given by two percentiles, since those are what a dashboard shows: σ = ln(p99 / median) / 2.3263. */
const Lognormal = Type.Object({
  dist: Type.Literal("lognormal"),
  medianMs: duration("half of the draws are below this"),
  p99Ms: duration("99 % of the draws are below this; above the median"),
  minMs: lowest(),
  maxMs: highest(),
});
const Normal = Type.Object({
  dist: Type.Literal("normal"),
  meanMs: duration("mean before the limits apply"),
  deviationMs: duration("standard deviation"),
  minMs: lowest(),
  maxMs: highest(),
});

const kinds = [Constant, Uniform, Exponential, Lognormal, Normal] as const;

/** Plain data; every time is in ms, `maxMs` may be Infinity. A plain duration is a constant. */
export type Distribution = Static<(typeof kinds)[number]>;

/** A field that holds a distribution, or a duration for a constant. */
export function distribution(
  description: string,
  options: { readonly default?: unknown; readonly source?: string; readonly written?: string } = {},
) {
  return Type.Unsafe<Distribution>({
    unit: "distribution",
    description,
    if: { type: "object" },
    then: {
      type: "object",
      discriminator: { propertyName: "dist" },
      required: ["dist"],
      oneOf: [...kinds],
    },
    else: { type: "string", unit: "duration", pattern: NOTATION.duration.pattern },
    ...options,
  });
}

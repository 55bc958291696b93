// How a budget writes its limit and its rule over seeds.

import { parseQuantity } from "./quantities.ts";

export const OPERATORS = ["<=", "<", ">=", ">", "=="] as const;
export type Operator = (typeof OPERATORS)[number];
export type LimitUnit = "ms" | "bytes" | "ratio" | "number";

export type Gate =
  | { readonly kind: "every-seed" }
  | { readonly kind: "mean-upper-ci" }
  /** `ratio` of the seeds (0..1) must meet the limit. */
  | { readonly kind: "share-of-seeds"; readonly ratio: number };

export const GATE_FORM = "every-seed, mean-upper-ci or share-of-seeds >= 90%";

/** 2.5s → 2,500 ms; 64MiB → bytes; 1% → 0.01; 12 or 100k → number. */
export function absoluteOf(written: string): { value: number; unit: LimitUnit } | undefined {
  const ms = parseQuantity("duration", written);
  if (ms !== undefined) return { value: ms, unit: "ms" };
  const bytes = parseQuantity("size", written);
  if (bytes !== undefined) return { value: bytes, unit: "bytes" };
  if (/^\d+(\.\d+)?%$/.test(written))
    return { value: Number(written.slice(0, -1)) / 100, unit: "ratio" };
  const count = parseQuantity("count", written);
  if (count !== undefined) return { value: count, unit: "number" };
  return /^\d+(\.\d+)?$/.test(written) ? { value: Number(written), unit: "number" } : undefined;
}

/** Undefined where it has another form. */
export function gateOf(written: string): Gate | undefined {
  if (written === "mean-upper-ci" || written === "every-seed") return { kind: written };
  const share = /^share-of-seeds >= (\d+(?:\.\d+)?)%$/.exec(written)?.[1];
  return share === undefined ? undefined : { kind: "share-of-seeds", ratio: Number(share) / 100 };
}

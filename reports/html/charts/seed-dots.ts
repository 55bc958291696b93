// Each seed's value as a dot, one row per objective, in shares of the limit: the luck of the draw at a glance.

import type { ChartSpec } from "../../documents/document.ts";
import { rounded } from "../thin.ts";
import { chart, PLOT_WIDTH } from "./look.ts";

export interface SeedDots {
  readonly name: string;
  /** Share of the limit that is used, by seed. */
  readonly used: readonly { readonly seed: number; readonly used: number }[];
}

/** What is beyond it is drawn at it. */
const USED_MAX = 2;
const NAMES_WIDTH = 160;

/** What a dot of a broken limit looks like: another colour and another form. */
const FATES = ["within", "beyond", "far beyond"] as const;
const FATE = {
  color: {
    field: "h",
    type: "nominal",
    legend: null,
    scale: { domain: FATES, range: ["var(--blue)", "var(--orange)", "var(--orange)"] },
  },
  shape: {
    field: "h",
    type: "nominal",
    legend: null,
    scale: { domain: FATES, range: ["circle", "cross", "triangle-right"] },
  },
};

const X = {
  field: "v",
  type: "quantitative",
  scale: { domain: [-0.03, USED_MAX + 0.03], nice: false },
  axis: {
    values: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2],
    format: "~%",
    title: "share of the limit that a seed uses; right of the line it is broken",
    grid: false,
  },
};

const Y = {
  field: "name",
  type: "nominal",
  sort: null,
  title: null,
  axis: {
    grid: true,
    domain: false,
    ticks: false,
    minExtent: NAMES_WIDTH,
    maxExtent: NAMES_WIDTH,
    labelLimit: NAMES_WIDTH - 8,
  },
};

export function seedDots(rows: readonly SeedDots[]): ChartSpec {
  const values = rows.flatMap(({ name, used }) =>
    used.map((one) => ({
      name,
      v: rounded(Math.min(USED_MAX, Math.max(0, one.used))),
      h: fateOf(one.used),
    })),
  );
  return chart({
    width: PLOT_WIDTH - NAMES_WIDTH + 60,
    height: { step: 26 },
    layer: [
      {
        data: { values: [{ v: 1 }] },
        mark: { type: "rule", color: "var(--ink)", strokeWidth: 1.5 },
        encoding: { x: X },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 62, opacity: 0.75 },
        encoding: { x: X, y: Y, ...FATE },
      },
    ],
  });
}

function fateOf(used: number): (typeof FATES)[number] {
  if (used <= 1) return "within";
  return used > USED_MAX ? "far beyond" : "beyond";
}

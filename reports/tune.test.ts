import { expect, test } from "vitest";
import { NO_PAINT } from "./layout.ts";
import { tuneText, type TuneFigures, type TuneReport } from "./tune.ts";

const figures = (changes: Partial<TuneFigures> = {}): TuneFigures => ({
  margin: 0.41,
  nearest: "join-p99 of storm",
  verdict: "pass",
  nodeHours: 1.3,
  flaps: 0,
  cost: undefined,
  ...changes,
});
const missed = figures({
  margin: -0.4,
  verdict: "fail",
  nodeHours: 0.25,
  nearest: "join-p95 of storm",
});
const REPORT: TuneReport = {
  question: "Which HPA meets the objectives of storm at the least cost?",
  answer:
    "Change it: 52 to 64 nodes meets all objectives with 3 seeds that the search did not see.",
  outcome: "change",
  rows: [
    { name: "current", summary: "8 to 64 nodes", searched: missed, verified: missed },
    {
      name: "recommended",
      summary: "52 to 64 nodes",
      searched: figures(),
      verified: figures({ margin: 0.39 }),
    },
    {
      name: "fixed ceiling",
      summary: "64 nodes",
      searched: figures({ nodeHours: 1.6 }),
      verified: undefined,
    },
  ],
  diff: "--- a\n+++ b\n@@ -1 +1 @@\n-minReplicas: 8\n+minReplicas: 52\n",
  evidence: [
    { setting: "minReplicas", before: "8", after: "52", without: missed },
    {
      setting: "scaleUp.tolerance",
      before: undefined,
      after: "0.05",
      without: figures({ nodeHours: 1.43, flaps: 2 }),
    },
    { setting: "maxReplicas", before: "40", after: "64", without: undefined },
  ],
  reference: figures(),
  pareto: [{ name: "no. 4", summary: "52 to 64 nodes", searched: figures(), verified: undefined }],
  traps: [
    { text: "storm: it crawls.", isGone: true },
    { text: "storm: no policy.", isGone: false },
  ],
  searched: ["19 manifests.", "Seeds 1 to 5."],
  next: [["The same again", "stormglass tune hpa storm"]],
};

test("[TU15] the report, word for word", () => {
  expect(tuneText(REPORT, { width: 110, paint: NO_PAINT }))
    .toBe(`Change it: 52 to 64 nodes meets all objectives with 3 seeds that the search did not see.
  Which HPA meets the objectives of storm at the least cost?

Verified at full size, with seeds that the search did not see
  Manifest     SLOs    Margin  Node-hours  Flaps  Nearest limit
  current      MISSED   −40 %        0.25      0  join-p95 of storm
  recommended  MET       39 %        1.30      0  join-p99 of storm

In the search
  Manifest       SLOs    Margin  Node-hours  Flaps  Nearest limit
  current        MISSED   −40 %        0.25      0  join-p95 of storm
  recommended    MET       41 %        1.30      0  join-p99 of storm
  fixed ceiling  MET       41 %        1.60      0  join-p99 of storm

Manifests
  · current: 8 to 64 nodes
  · recommended: 52 to 64 nodes
  · fixed ceiling: 64 nodes

Change
--- a
+++ b
@@ -1 +1 @@
-minReplicas: 8
+minReplicas: 52

Why each line (what happens without it)
  · minReplicas 8 → 52. Put back: join-p95 of storm is missed, margin −40 %, −80.8 % node-hours.
  · scaleUp.tolerance none → 0.05. Put back: objectives met, margin 41 %, +10 % node-hours, +2 flaps.
  · maxReplicas 40 → 64. It cannot be put back by itself.

Traps of the current manifest
  · Gone: storm: it crawls.
  · Stays: storm: no policy.

No other is better in margin, node-hours and flaps than these
  Manifest  SLOs  Margin  Node-hours  Flaps  Nearest limit
  no. 4     MET     41 %        1.30      0  join-p99 of storm
  no. 4: 52 to 64 nodes

Searched
  · 19 manifests.
  · Seeds 1 to 5.

Next
  The same again:
    stormglass tune hpa storm
`);
});

test("[TU15] a price makes a column, and what nobody knows is unknown", () => {
  const searched = figures({ cost: 0.65, nodeHours: Infinity });
  const rows = [{ name: "current", summary: "", searched, verified: undefined }];
  const text = tuneText({ ...REPORT, rows }, { width: 100, paint: NO_PAINT });

  expect(text).toMatch(/Node-hours +Flaps +Cost +Nearest/);
  expect(text).toMatch(/current +MET +41 % +unknown +0 +0\.65 /);
});

test("[TU15] a narrow terminal gets blocks, and no line but the diff and the commands is longer than it", () => {
  const lines = tuneText(REPORT, { width: 40, paint: NO_PAINT }).split("\n");
  const long = lines.filter((line) => line.length > 40);

  expect(long).toEqual([]);
});

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { manifestYaml } from "./manifest-yaml.ts";
import { unifiedDiff } from "./unified-diff.ts";

const seed = readFileSync(new URL("../../scenarios/manifests/hpa.yaml", import.meta.url), "utf8");
const current = parse(seed) as { readonly spec: object };
const changed = {
  ...current,
  spec: {
    ...current.spec,
    behavior: {
      scaleDown: {
        policies: [{ value: 1, type: "Pods", periodSeconds: 60 }],
        tolerance: 0.05,
        stabilizationWindowSeconds: 300,
      },
    },
    minReplicas: 52,
    metrics: [
      {
        external: {
          metric: { name: "offered_websocket_connections" },
          target: { averageValue: 1400, type: "AverageValue" },
        },
        type: "External",
      },
    ],
  },
};

test("[TU14] the difference of two manifests is a unified diff, one setting on a line", () => {
  const names = { before: "current", after: "recommended" };

  expect(unifiedDiff(manifestYaml(current), manifestYaml(changed), names)).toBe(`--- current
+++ recommended
@@ -7,18 +7,16 @@
     apiVersion: apps/v1
     kind: StatefulSet
     name: stormglass-node
-  minReplicas: 8
+  minReplicas: 52
   maxReplicas: 64
   metrics:
-    - type: Pods
-      pods:
-        metric: { name: active_websocket_connections }
-        target: { type: AverageValue, averageValue: "1700" }
-    - type: Pods
-      pods:
-        metric: { name: fanout_queue_depth }
-        target: { type: AverageValue, averageValue: "250" }
-    - type: Resource
-      resource:
-        name: cpu
-        target: { type: Utilization, averageUtilization: 65 }
+    - type: External
+      external:
+        metric: { name: offered_websocket_connections }
+        target: { type: AverageValue, averageValue: "1400" }
+  behavior:
+    scaleDown:
+      stabilizationWindowSeconds: 300
+      policies:
+        - { type: Pods, value: 1, periodSeconds: 60 }
+      tolerance: "0.05"
`);
  expect(unifiedDiff(manifestYaml(current), manifestYaml(current), names)).toBe("");
});

test("[TU14] a manifest that is written and read is the same, whatever the order of its keys", () => {
  expect(parse(manifestYaml(current, "A comment.\n\nIt has two parts."))).toEqual(current);
  const read = parse(manifestYaml(changed)) as typeof changed;
  expect(read.spec.behavior.scaleDown.tolerance).toBe("0.05");
  expect(manifestYaml(read)).toBe(manifestYaml(changed));
});

/** As `patch` would. */
function patched(before: string, diff: string): string {
  const lines = before === "" ? [] : before.replace(/\n$/, "").split("\n");
  const made: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const start = /^@@ -(\d+)(,0)?/.exec(line);
    if (start !== null) {
      const from = Number(start[1]) - (start[2] === undefined ? 1 : 0);
      made.push(...lines.slice(at, from));
      at = from;
    } else if (line.startsWith("+")) made.push(line.slice(1));
    else {
      expect(lines[at]).toBe(line.slice(1));
      if (line.startsWith(" ")) made.push(line.slice(1));
      at++;
    }
  }
  return [...made, ...lines.slice(at)].map((line) => `${line}\n`).join("");
}

test("[TU14] the diff makes one text of the other", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 })
    .map((lines) => lines.map((line) => `${line}\n`).join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff(before, after, { before: "x", after: "y" });
      expect(diff === "" ? before : patched(before, diff)).toBe(after);
    }),
    { seed: 20_260_101, numRuns: 300 },
  );
});

import { expect, test } from "vitest";
import { load, problemsOf, SMALL } from "./fixtures.ts";

const variant = (text: string, files: Readonly<Record<string, string>> = {}) => ({
  "base/small.yaml": SMALL,
  "variant.yaml": `apiVersion: stormglass/v1
kind: Scenario
extends: base/small.yaml
metadata: { name: variant }
${text}
`,
  ...files,
});

test("[SC10] a variant merges maps deeply and lists by phase and name", () => {
  const files = variant(`cluster: { nodes: { zones: 1 } }
clients:
  arrivals:
    - { phase: storm, shape: poisson }
    - { phase: late, from: 50s, over: 1s, clients: 10 }
faults:
  - { name: kill-node, at: 30s, restartAfter: 5s }
  - { name: kill-edge, kind: edge-crash, at: 31s }`);
  const { scenario, files: read } = load(files, [], "variant.yaml");

  expect(scenario.cluster.nodes).toMatchObject({ count: 3, zones: 1 });
  expect(
    scenario.clients.arrivals.map(({ phase, shape, clients }) => [phase, shape, clients]),
  ).toEqual([
    ["fill", "uniform", 300],
    ["storm", "poisson", 690],
    ["late", "uniform", 10],
  ]);
  expect(scenario.faults.map((fault) => fault.name)).toEqual(["kill-node", "kill-edge"]);
  expect(scenario.faults[0]).toMatchObject({ atMs: 30_000, restartAfterMs: 5_000, reset: true });
  expect(scenario.windows.impact).toEqual({ fromMs: 30_000, toMs: 40_000 });
  expect(read.slice(0, 2)).toEqual(["variant.yaml", "base/small.yaml"]);
});

test("[SC10] another kind replaces the whole element, share takes the place of clients", () => {
  const noise = `faults:
  - { name: kill-node, kind: noisy-room, from: 30s, to: 35s, messages: 10/s }
clients: { arrivals: [{ phase: fill, clients: 250 }] }`;
  const { scenario } = load(variant(noise), [], "variant.yaml");

  expect(scenario.faults[0]).toMatchObject({ kind: "noisy-room", messagesPerSec: 10, senders: 1 });
  expect(scenario.clients.arrivals.map((arrival) => arrival.clients)).toEqual([250, 750]);
});

test("[SC10] disabled takes an element out", () => {
  const files = variant(
    "faults: [{ name: kill-node, disabled: true }]\nwindows: { impact: { from: 1s, to: 2s } }",
  );

  expect(load(files, [], "variant.yaml").scenario.faults).toEqual([]);
});

test("[SC10] a problem is told in the file that made it, and a variant needs a name of its own", () => {
  const files = variant("", {
    "base/small.yaml": SMALL.replace("duration: 60s", "duration: 1 min"),
  });
  const nameless = variant("");

  expect(problemsOf(files, [], "variant.yaml")[0]).toMatch(
    /^base\/small\.yaml:7:13: run\.duration/,
  );
  expect(
    problemsOf(
      {
        ...nameless,
        "variant.yaml": nameless["variant.yaml"].replace("metadata: { name: variant }", ""),
      },
      [],
      "variant.yaml",
    ),
  ).toEqual(["variant.yaml:1:1: metadata.name must be given by a file that extends another"]);
});

test("[SC11] a circle of extends is refused where it closes", () => {
  const head = "apiVersion: stormglass/v1\nkind: Scenario\nextends: ";
  const files = {
    "a.yaml": `${head}b.yaml\n`,
    "b.yaml": `${head}./c.yaml\n`,
    "c.yaml": `${head}a.yaml\n`,
  };

  expect(problemsOf(files, [], "a.yaml")).toEqual([
    "c.yaml:3:10: extends must not go in a circle, got a.yaml → b.yaml → c.yaml → a.yaml",
  ]);
  expect(problemsOf({ "a.yaml": `${head}gone.yaml\n` }, [], "a.yaml")).toEqual([
    "a.yaml:3:10: must be a file that can be read, got gone.yaml",
  ]);
});

test("[SC12] --set reaches maps, named elements, indices and defaults, in order", () => {
  const { scenario } = load({ "small.yaml": SMALL }, [
    "cluster.nodes.count=12",
    "cluster.nodes.admission.rate=200/s",
    "faults.kill-node.at=30s",
    "clients.arrivals[0].over=4s",
    "clients.arrivals.storm.clients=100",
    "clients.arrivals.storm.share=70%",
    "cluster.nodes.count=13",
  ]);

  expect(scenario.cluster.nodes.count).toBe(13);
  expect(scenario.cluster.nodes.admission).toEqual({
    perSec: 200,
    resumeRatio: 0.7,
    burst: 500,
    queueMs: 2_000,
  });
  expect(scenario.faults[0]).toMatchObject({ atMs: 30_000 });
  expect(scenario.clients.arrivals.map(({ overMs, clients }) => [overMs, clients])).toEqual([
    [4_000, 300],
    [5_000, 700],
  ]);
});

test.each([
  [
    "cluster.nods.count=3",
    '--set cluster.nods.count=3: cluster must have no key "nods" — did you mean "nodes"?',
  ],
  [
    "faults.kill-nod.at=3s",
    '--set faults.kill-nod.at=3s: must name an element (kill-node), got "kill-nod" — did you mean "kill-node"?',
  ],
  [
    "clients.total",
    "--set clients.total: must be path=value, such as cluster.nodes.count=12 or run.duration=2m",
  ],
  [
    "clients..total=3",
    "--set clients..total=3: must be path=value, such as cluster.nodes.count=12 or run.duration=2m",
  ],
  [
    "run.duration=2",
    "--set run.duration=2: run.duration must be a duration with a unit (us, ms, s, m or min, h, d), such as 250ms or 1m30s, got 2",
  ],
])("[SC12] --set %s is refused", (setting, problem) => {
  expect(problemsOf({ "small.yaml": SMALL }, [setting])).toContain(problem);
});

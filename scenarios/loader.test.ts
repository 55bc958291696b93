import { expect, test } from "vitest";
import { load, problemsOf, small, SMALL, type Files } from "./fixtures.ts";
import { SIZE_TABLES } from "./size-presets.ts";

const good = { "small.yaml": SMALL };

test("[SC1] a small file resolves to a complete scenario in ms, bytes, rates and ratios", () => {
  const { scenario } = load(good);

  expect(scenario.run.durationMs).toBe(60_000);
  expect(scenario.run.limits.heapBytes).toBe(4 * 1024 ** 3);
  expect(scenario.cluster.nodes.maxConnections).toBe(2_000);
  expect(scenario.cluster.nodes.softLimitRatio).toBe(0.9);
  expect(scenario.cluster.edges.admission.joinsPerSec).toBe(500);
  expect(scenario.cluster.sessions.presenceGraceMs).toBe(15_000);
  expect(scenario.clients.leaves.meanDurationMs).toBe(Infinity);
  expect(scenario.clients.rooms.sizes).toEqual(SIZE_TABLES.enterprise);
  expect(scenario.network.clientLatency).toEqual({
    dist: "lognormal",
    medianMs: 25,
    p99Ms: 150,
    minMs: 0,
    maxMs: Infinity,
  });
  expect(scenario.profile.costs.tcpAcceptUs.value).toBe(10);
});

test("[SC1] a crash without restart has no such field, and resets by default", () => {
  const [fault] = load(good).scenario.faults;

  expect(fault).toEqual({
    kind: "node-crash",
    name: "kill-node",
    atMs: 40_000,
    target: { select: "most-connections", count: 1 },
    reset: true,
  });
});

test("[SC3] a duration without a unit is refused with the units that are legal", () => {
  expect(problemsOf(small("duration: 60s", "duration: 60"))).toEqual([
    "small.yaml:7:13: run.duration must be a duration with a unit (us, ms, s, m or min, h, d), such as 250ms or 1m30s, got 60",
  ]);
});

test("[SC4] an unknown key is refused with the one that was meant", () => {
  expect(problemsOf(small("nodes: { count: 3 }", "nodes: { count: 3, zone: 2 }"))).toEqual([
    'small.yaml:10:22: cluster.nodes must have no key "zone" — did you mean "zones"?',
  ]);
  expect(problemsOf(small("  duration: 60s", "  durationMs: 60s"))[1]).toBe(
    'small.yaml:7:3: run must have no key "durationMs" — did you mean "duration"?',
  );
});

test("[SC4] all problems of a file are told at once, in its order", () => {
  const text = SMALL.replace("duration: 60s", "duration: 60s\n  warmupp: 5s")
    .replace("count: 2", "count: many")
    .replace("share: 30%", "share: 130%")
    .replace("kind: node-crash", "kind: nod-crash");

  expect(problemsOf({ "small.yaml": text })).toEqual([
    'small.yaml:8:3: run must have no key "warmupp" — did you mean "warmup"?',
    'small.yaml:10:19: cluster.edges.count must be a whole number, such as 100000, "100_000", 100k or 1.5M, got "many"',
    'small.yaml:15:50: clients.arrivals[0].share must be at most 100%, got "130%"',
    'small.yaml:19:11: faults[0].kind must be one of node-crash, edge-crash, noisy-room, slow-consumers, bus-outage, zone-loss, rolling-deploy, machine-drain, controller-restart, metrics-outage, got "nod-crash" — did you mean "node-crash"?',
  ]);
});

test("[SC4] what must be given is named with its meaning", () => {
  expect(problemsOf(small("  edges: { count: 2 }\n", ""))).toEqual([
    "small.yaml:9:3: cluster.edges must be given (the gateways that hold the clients' sockets)",
  ]);
  expect(problemsOf(small("title: Does it load?", "title: It loads."))).toEqual([
    'small.yaml:5:10: metadata.title must end in a question mark, got "It loads."',
  ]);
});

test("[SC4] text that is not YAML is refused at the place where it breaks", () => {
  const [first] = problemsOf(small("edges: { count: 2 }", "edges: { count: 2"));

  expect(first).toMatch(/^small\.yaml:10:\d+: must be YAML 1\.2: /);
  expect(problemsOf({ "small.yaml": "" })[0]).toContain("got an empty file");
  expect(problemsOf({})).toEqual(["small.yaml: must be a file that can be read, got small.yaml"]);
});

test("[SC5] the clients of phases add up: numbers, shares, and one phase gets the rest", () => {
  const clients = (files: Files): readonly number[] =>
    load(files).scenario.clients.arrivals.map((arrival) => arrival.clients);

  expect(clients(good)).toEqual([300, 700]);
  expect(clients(small("total: 1k", "total: 7"))).toEqual([2, 5]);
  expect(clients(small("share: 30%", "clients: 250"))).toEqual([250, 750]);
  expect(clients(small("over: 5s }", "over: 5s, clients: rest }"))).toEqual([300, 700]);
});

test("[SC5] phases that do not add up are refused", () => {
  expect(problemsOf(small("over: 5s }", "over: 5s, share: 60% }"))).toEqual([
    "small.yaml:14:5: clients.arrivals must add up to clients.total (1000); its phases add up to 900",
  ]);
  expect(problemsOf(small(", share: 30%", ""))).toEqual([
    "small.yaml:15:7: clients.arrivals[1] must say clients or share: only one phase gets the rest",
  ]);
  expect(problemsOf(small("over: 5s }", "over: 50s }"))[0]).toContain("end within the run (1m)");
});

test("[SC6] windows are spans between phases and faults; run and measured are always there", () => {
  const files = small("duration: 60s", "duration: 60s\n  warmup: 15s");

  expect(load(files).scenario.windows).toEqual({
    run: { fromMs: 0, toMs: 60_000 },
    measured: { fromMs: 15_000, toMs: 60_000 },
    impact: { fromMs: 40_000, toMs: 50_000 },
  });
});

test.each([
  [
    "kil-node.start",
    'from must begin with a duration or with .start or .end of run, fill, storm, kill-node — did you mean "kill-node"?, got "kil-node.start"',
  ],
  ["kill-node", 'from must say kill-node.start or kill-node.end, got "kill-node"'],
  ["kill-node.start - 50s", "to must"],
  ["kill-node.start + 5", 'from must add durations with a unit, such as 30s; "5" is none'],
  ["kill-node.start +", "from must end in a duration"],
  ["storm.end + 30s", "to must end after it begins"],
])("[SC6] a window from %j is refused", (from, message) => {
  const files = small("from: kill-node.start,", `from: "${from}",`);
  const problems = problemsOf(files);

  if (from === "kill-node.start - 50s") expect(problems[0]).toContain("begin at 0s or later");
  else expect(problems[0]).toContain(message);
});

test("[SC6] a window must end within the run, and cannot replace run", () => {
  expect(problemsOf(small("+ 10s", "+ 30s"))[0]).toBe(
    'small.yaml:21:40: windows.impact.to must end within the run (1m); it ends at 70s, got "kill-node.start + 30s"',
  );
  expect(problemsOf(small("impact:", "run:"))[0]).toBe(
    "small.yaml:21:3: windows.run must not replace the window of that name",
  );
});

test.each([
  ["at: 40s", "at: 70s", "faults[0].at must be within the run (1m)"],
  [
    "at: 40s",
    "at: 40s\n    target: { count: 4 }",
    "faults[0].target.count must be at most the 3 nodes",
  ],
  ["at: 40s", "at: 40s\n    target: { select: index }", "faults[0].target must give index"],
  ["name: kill-node", "name: storm", "faults[0].name must differ from the names of phases"],
  ["phase: storm", "phase: fill", "clients.arrivals[1].phase must be unique"],
  [
    "nodes: { count: 3 }",
    "nodes: { count: 3 }\n  beats: { lease: 1s }",
    "cluster.beats.lease must be above cluster.beats.every (1s)",
  ],
  [
    "total: 1k",
    "total: 1k\n  rooms: { sizes: [{ min: 3, max: 2, share: 50% }] }",
    "clients.rooms.sizes[0].min must be at most max (2), got 3",
  ],
  [
    "total: 1k",
    "total: 1k\n  rooms: { sizes: [{ min: 2, max: 2, share: 50% }] }",
    "clients.rooms.sizes must have shares that add up to 100%, got 50%",
  ],
  ["count: 3 }", "count: 0 }", "cluster.nodes.count must be at least 1, got 0"],
])("[SC7] %j made %j breaks a rule between fields", (from, to, message) => {
  expect(problemsOf(small(from, to)).join("\n")).toContain(message);
});

test("[SC8] a distribution is a map, or a duration for a constant", () => {
  const latency = (value: string): unknown =>
    load(good, [`network.clientLatency=${value}`]).scenario.network.clientLatency;

  expect(latency("40ms")).toEqual({ dist: "constant", valueMs: 40 });
  expect(latency("{ dist: uniform, min: 5ms, max: 10ms }")).toEqual({
    dist: "uniform",
    minMs: 5,
    maxMs: 10,
  });
  expect(problemsOf(good, ["network.clientLatency={ dist: lognormal, median: 40ms }"])).toEqual([
    "--set network.clientLatency={ dist: lognormal, median: 40ms }: network.clientLatency.p99 must be given (99 % of the draws are below this; above the median)",
  ]);
  expect(problemsOf(good, ["network.clientLatency.dist=gaussian"])[0]).toContain(
    "network.clientLatency.dist must be one of constant, uniform, exponential, lognormal, normal",
  );
});

test("[SC9] an override of a cost counts as assumed and says where it was set", () => {
  const { costs } = load(good, ["profile.costs.tlsFullHandshake=900us"]).scenario.profile;

  expect(costs.tlsFullHandshakeUs).toEqual({
    value: 900,
    evidence: "assumed",
    source: "set in --set profile.costs.tlsFullHandshake=900us",
  });
  expect(problemsOf(good, ["profile.name=node99"])[0]).toContain(
    "profile.name must be a profile that can be read, got @builtin/profiles/node99.yaml",
  );
});

const HPA = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: mine }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: nodes }
  minReplicas: 8
  maxReplicas: 64
`;

test("[AS1] an HPA may be a file, a manifest or its spec, and its fields can be set", () => {
  const files = { "small.yaml": SMALL, "hpa.yaml": HPA };
  const hpaOf = (settings: readonly string[]) => load(files, settings).scenario.autoscaling.hpa;
  expect(hpaOf([])).toBeUndefined();
  const ofFile = hpaOf(["autoscaling.hpa=hpa.yaml", "autoscaling.hpa.spec.maxReplicas=80"]);
  expect(ofFile).toMatchObject({ metadata: { name: "mine" }, spec: { maxReplicas: 80 } });
  const inline = hpaOf(["autoscaling.hpa={ maxReplicas: 12 }"]);
  expect(inline).toMatchObject({
    kind: "HorizontalPodAutoscaler",
    spec: { maxReplicas: 12, scaleTargetRef: { kind: "StatefulSet" } },
  });
  expect(hpaOf(["autoscaling.hpa=hpa.yaml", "autoscaling.hpa=none"])).toBeUndefined();
  const shipped = load({ ...files, "@builtin/manifests/hpa.yaml": HPA }, [
    "autoscaling.hpa=@builtin/manifests/hpa.yaml",
  ]);
  expect(shipped.scenario.autoscaling.hpa).toMatchObject({ metadata: { name: "mine" } });
  expect(load(files, ["autoscaling.hpa=hpa.yaml"]).files).toContain("hpa.yaml");
});

test("[AS2] what is wrong with an HPA is told where it stands: in its own file, or in the setting", () => {
  const files = { "small.yaml": SMALL, "hpa.yaml": HPA };
  expect(problemsOf(files, ["autoscaling.hpa=missing.yaml"])).toEqual([
    "--set autoscaling.hpa=missing.yaml: autoscaling.hpa must be a manifest that can be read, or none, got missing.yaml; " +
      "@builtin/manifests/hpa.yaml ships with stormglass",
  ]);
  const manifestFault = () => ({ field: "spec.maxReplicas", must: "must be 8 or more, got 4" });
  const told = problemsOf(files, ["autoscaling.hpa=hpa.yaml"], "small.yaml", { manifestFault });
  expect(told).toEqual([
    "hpa.yaml:7:16: autoscaling.hpa: spec.maxReplicas must be 8 or more, got 4",
  ]);
});

test("[AS3] faults of Kubernetes need what they speak of", () => {
  const faults = (text: string): string => SMALL.replace("windows:", `${text}\nwindows:`);
  const files = {
    "small.yaml": faults(
      "  - { name: restart, kind: controller-restart, at: 10s }\n" +
        "  - { name: dark, kind: metrics-outage, from: 10s, to: 20s }\n" +
        "  - { name: zone, kind: zone-loss, at: 10s, zone: 3 }",
    ),
  };
  expect(problemsOf(files)).toEqual([
    "small.yaml:20:5: faults[1] must have an HPA to disturb: autoscaling.hpa is absent",
    "small.yaml:21:5: faults[2] must have an HPA to disturb: autoscaling.hpa is absent",
    "small.yaml:22:51: faults[3].zone must be one of 0 to 2",
  ]);
});

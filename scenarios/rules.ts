// What a schema cannot say: rules between fields.

import type { Static } from "typebox";
import { suggestion } from "./problem.ts";
import { formatQuantity } from "./quantities.ts";
import type { ScenarioFile } from "./schema.ts";

type File = Static<typeof ScenarioFile>;
type Path = readonly (string | number)[];
/** Reports that the value at `path` must be otherwise. */
export type Refuse = (path: Path, must: string) => void;

const time = (ms: number): string => formatQuantity("duration", ms);

/**
 * Checks the resolved file and gives every phase its number of clients. Values that the schema
 * refused are NaN; comparisons are written so that NaN breaks no rule.
 */
export function checkRules(file: File, refuse: Refuse): void {
  checkRun(file, refuse);
  checkCluster(file.cluster, refuse);
  checkPhases(file, refuse);
  checkFaults(file, refuse);
}

function checkRun({ run }: File, refuse: Refuse): void {
  if (run.warmupMs >= run.durationMs) {
    refuse(["run", "warmup"], `be shorter than the run (${time(run.durationMs)})`);
  }
  if (run.resolutionMs > run.durationMs) {
    refuse(["run", "resolution"], `be at most the run (${time(run.durationMs)})`);
  }
  if (run.durationMs / run.resolutionMs > 100_000) {
    refuse(["run", "resolution"], "leave at most 100,000 intervals");
  }
}

function checkCluster(cluster: File["cluster"], refuse: Refuse): void {
  const { beats, trunk, reconnect, outbound, sessions } = cluster;
  if (beats.leaseMs <= beats.everyMs) {
    refuse(["cluster", "beats", "lease"], `be above cluster.beats.every (${time(beats.everyMs)})`);
  }
  if (trunk.timeoutMs <= trunk.heartbeatMs) {
    refuse(
      ["cluster", "trunk", "timeout"],
      `be above cluster.trunk.heartbeat (${time(trunk.heartbeatMs)})`,
    );
  }
  if (reconnect.spreadMinMs > reconnect.spreadMaxMs) {
    refuse(
      ["cluster", "reconnect", "spreadMin"],
      `be at most cluster.reconnect.spreadMax (${time(reconnect.spreadMaxMs)})`,
    );
  }
  if (outbound.softBytes >= outbound.hardBytes) {
    refuse(["cluster", "outbound", "soft"], "be below cluster.outbound.hard");
  }
  if (sessions.presenceGraceMs > sessions.resumeWindowMs) {
    refuse(["cluster", "sessions", "presenceGrace"], "be at most cluster.sessions.resumeWindow");
  }
}

function checkPhases(file: File, refuse: Refuse): void {
  const { arrivals } = file.clients;
  const path = ["clients", "arrivals"];
  if (arrivals.length === 0) refuse(path, "have at least one phase");
  checkNames(
    arrivals.map((arrival) => arrival.phase),
    path,
    "phase",
    refuse,
  );
  arrivals.forEach((arrival, i) => {
    if (arrival.fromMs + arrival.overMs > file.run.durationMs) {
      refuse([...path, i, "over"], `end within the run (${time(file.run.durationMs)})`);
    }
  });
}

/** What the file says about each phase: a number, a share, or nothing. */
export interface PhaseAsk {
  readonly clients: number | undefined;
  readonly share: number | undefined;
}

/**
 * The clients of each phase. Shares are rounded so that they add up (largest remainder, ties to the
 * earlier phase); one phase may say nothing and gets the rest. Reports what does not add up.
 */
export function clientsOfPhases(
  asks: readonly PhaseAsk[],
  total: number,
  refuse: Refuse,
): readonly number[] {
  const path = ["clients", "arrivals"];
  asks.forEach((ask, i) => {
    if (ask.clients === undefined || ask.share === undefined) return;
    refuse([...path, i, "share"], "not stand beside clients");
  });
  const exact = asks.map((ask) => ask.clients ?? (ask.share === undefined ? 0 : ask.share * total));
  const rest = asks.flatMap((ask, i) =>
    ask.clients === undefined && ask.share === undefined ? [i] : [],
  );
  const given = exact.reduce((sum, clients) => sum + clients, 0);
  if (rest.length > 1)
    refuse([...path, rest[1]!], "say clients or share: only one phase gets the rest");
  // Half a client of slack: shares are written in rounded percents.
  if (given > total + 0.5 || (rest.length === 0 && given < total - 0.5)) {
    refuse(path, `add up to clients.total (${total}); its phases add up to ${Math.round(given)}`);
    return exact.map(Math.round);
  }
  if (rest.length > 0) exact[rest[0]!] = total - given;
  return wholeParts(exact, total);
}

function wholeParts(exact: readonly number[], total: number): readonly number[] {
  const whole = exact.map((value) => Math.floor(value + 1e-9));
  let missing = total - whole.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - whole[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (!(missing > 0)) break;
    whole[index]! += 1;
    missing -= 1;
  }
  return whole;
}

function checkFaults(file: File, refuse: Refuse): void {
  const { durationMs } = file.run;
  checkNames(
    file.faults.map((fault) => fault.name),
    ["faults"],
    "name",
    refuse,
  );
  file.faults.forEach((fault, i) => {
    if (file.clients.arrivals.some((arrival) => arrival.phase === fault.name)) {
      refuse(["faults", i, "name"], "differ from the names of phases");
    }
    if (fault.kind === "node-crash" || fault.kind === "edge-crash") {
      checkCrash(file, fault, i, refuse);
      return;
    }
    checkOfKubernetes(file, fault, i, refuse);
    if (!("fromMs" in fault)) {
      if (fault.atMs >= durationMs)
        refuse(["faults", i, "at"], `be within the run (${time(durationMs)})`);
      return;
    }
    if (fault.fromMs >= fault.toMs) refuse(["faults", i, "to"], "be after from");
    if (fault.toMs > durationMs)
      refuse(["faults", i, "to"], `be within the run (${time(durationMs)})`);
    if (fault.kind !== "noisy-room") return;
    const { room, index, size } = fault.target;
    if (room === "index" && index === undefined) refuse(["faults", i, "target"], "give index");
    if (room === "size" && size === undefined) refuse(["faults", i, "target"], "give size");
  });
}

function checkOfKubernetes(
  { autoscaling, cluster }: File,
  fault: File["faults"][number],
  i: number,
  refuse: Refuse,
): void {
  const isOfHpa = fault.kind === "controller-restart" || fault.kind === "metrics-outage";
  if (isOfHpa && autoscaling.hpa === undefined) {
    refuse(["faults", i], "have an HPA to disturb: autoscaling.hpa is absent");
  }
  const { zones } = cluster.nodes;
  if (fault.kind === "zone-loss" && fault.zone >= zones) {
    refuse(["faults", i, "zone"], `be one of 0 to ${zones - 1}`);
  }
}

type Crash = Extract<File["faults"][number], { kind: "node-crash" | "edge-crash" }>;

function checkCrash(file: File, fault: Crash, i: number, refuse: Refuse): void {
  const hosts = fault.kind === "node-crash" ? file.cluster.nodes.count : file.cluster.edges.count;
  const kind = fault.kind === "node-crash" ? "nodes" : "edges";
  if (fault.atMs >= file.run.durationMs) {
    refuse(["faults", i, "at"], `be within the run (${time(file.run.durationMs)})`);
  }
  const { select, index, count } = fault.target;
  if (select === "index" && index === undefined) refuse(["faults", i, "target"], "give index");
  if (index !== undefined && index >= hosts) {
    refuse(["faults", i, "target", "index"], `be one of 0 to ${hosts - 1}`);
  }
  if (count > hosts) refuse(["faults", i, "target", "count"], `be at most the ${hosts} ${kind}`);
}

function checkNames(names: readonly string[], path: Path, key: string, refuse: Refuse): void {
  names.forEach((name, i) => {
    if (typeof name !== "string") return; // The schema has refused it.
    if (name === "run" || name === "measured") refuse([...path, i, key], `not be "${name}"`);
    if (names.indexOf(name) < i) refuse([...path, i, key], "be unique");
  });
}

/** `must` text for a window that does not exist. */
export function mustBeWindow(window: string, known: readonly string[]): string {
  return `be a window of the scenario (${known.join(", ")}), got "${window}"${suggestion(window, known)}`;
}

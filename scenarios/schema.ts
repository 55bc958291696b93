// The scenario: one question, and everything that decides its answer.
//
// The types here are resolved: times in ms, sizes in bytes, rates per second, ratios from 0 to 1, and
// nothing is missing. The same declarations give the JSON Schema of the file (published.ts), in which
// the value carries the unit, not the name, and whatever has a default may be left out.

import Type, { type Static } from "typebox";
import { Autoscaling } from "./schema/autoscaling.ts";
import { Clients } from "./schema/clients.ts";
import { Cluster } from "./schema/cluster.ts";
import { distribution } from "./schema/distribution.ts";
import { Faults } from "./schema/faults.ts";
import { byteRate, count, duration, name, ratio, size, text } from "./schema/fields.ts";
import { KubernetesSection } from "./schema/kubernetes.ts";
import { ProfileChoice, type Profile } from "./schema/profile.ts";

export type { Arrival, SizeRange } from "./schema/clients.ts";
export type { Distribution } from "./schema/distribution.ts";
export type { Fault, Victim } from "./schema/faults.ts";
export type { Cost, CostName, Profile } from "./schema/profile.ts";

const Metadata = Type.Object(
  {
    name: name("short name; results and commands use it"),
    title: Type.Unsafe<string>({
      type: "string",
      pattern: "\\?$",
      description: "the question this scenario asks; it ends in a question mark",
    }),
    description: Type.Optional(text("background, for people")),
    answer: Type.Optional(
      text(
        "the answer in one sentence, after Yes or No; {p99(join.latency)@storm} becomes the " +
          "measured value",
      ),
    ),
    labels: Type.Record(Type.String(), Type.String(), {
      description: "for filtering",
      default: {},
    }),
  },
  { description: "what this scenario is about" },
);

const Run = Type.Object(
  {
    durationMs: duration("simulated time", { least: 1 }),
    warmupMs: duration("excluded from the window `measured`", {
      default: "0s",
      source: "assumed: a storm has no warm-up",
    }),
    seeds: Type.Object({
      base: count("the first seed", { default: 1, source: "assumed: any number serves" }),
      count: count("seeds base, base + 1, …", {
        default: 5,
        least: 1,
        most: 1_000,
        source: "assumed: enough for an interval, few enough to wait for",
      }),
    }),
    resolutionMs: duration("interval of the time series", {
      default: "1s",
      least: 10,
      source: "assumed: what a dashboard shows",
    }),
    limits: Type.Object(
      {
        events: count("a run stops after this many events", {
          default: "500M",
          least: 1,
          source: "assumed: some minutes of one core",
        }),
        heapBytes: size("a run stops when the simulator needs more memory", {
          default: "4GiB",
          source: "assumed: what a CI machine has",
        }),
      },
      { description: "never hang a CI job" },
    ),
  },
  { description: "how long and how often" },
);

const Network = Type.Object(
  {
    clientLatency: distribution("one way, client to edge", {
      default: { dist: "lognormal", median: "25ms", p99: "150ms" },
      source: "assumed: people of one continent on mixed networks",
    }),
    edgeNodeLatency: distribution("one way, edge to node", {
      default: { dist: "lognormal", median: "300us", p99: "1500us" },
      source: "assumed: between zones of one region",
    }),
    busLatency: distribution("one way, node to node over the bus", {
      default: { dist: "lognormal", median: "500us", p99: "3ms" },
      source: "assumed: two hops, each like edge to node",
    }),
    sfuLatency: distribution("one way, node to media server", {
      default: { dist: "lognormal", median: "300us", p99: "1500us" },
      source: "assumed: between zones of one region",
    }),
    lossRatio: ratio("share of frames on the client's link that are lost and sent again", {
      default: "0.5%",
      source: "assumed",
    }),
    lossDelayMs: duration("what a loss costs before the frame arrives after all", {
      default: "300ms",
      source: "assumed: one retransmission timeout of TCP (RFC 6298) on a link of 25 ms each way",
    }),
    clientBandwidthBytesPerSec: byteRate("what a client can read", {
      default: "unlimited",
      endless: true,
      source: "assumed: signaling is small beside media",
    }),
  },
  { description: "latencies and losses" },
);

const Window = Type.Object({
  from: text("an expression such as storm.start, kill-node.start + 5s, or 2m"),
  to: text("an expression such as storm.end + 60s"),
});

/** Read by matrix.ts; a scenario that is loaded is one cell and has none. */
const Matrix = Type.Unsafe<never>({
  type: ["object", "string"],
  pattern: "^none$",
  patternProperties: {
    "^(?!exclude$).+": {
      type: "array",
      minItems: 1,
      items: { type: ["string", "number", "boolean"] },
      description: "values of this path, one for each cell",
    },
    "^exclude$": {
      type: "array",
      items: { type: "object", minProperties: 1 },
      description: "cells to leave out: maps of paths and values",
    },
  },
  description:
    "a grid of settings: a path as --set takes it → its values, and `exclude` for cells to leave out; a scenario for each cell",
});

/** The file as declared; what the loader makes of `profile` and `windows` is in `Scenario`. */
export const ScenarioFile = Type.Object({
  apiVersion: Type.Literal("stormglass/v1"),
  kind: Type.Literal("Scenario"),
  extends: Type.Optional(text("path of the file that this one changes")),
  metadata: Metadata,
  run: Run,
  profile: ProfileChoice,
  network: Network,
  cluster: Cluster,
  autoscaling: Autoscaling,
  kubernetes: KubernetesSection,
  clients: Clients,
  faults: Faults,
  windows: Type.Record(Type.String({ pattern: "^[a-z][a-z0-9-]*$" }), Window, {
    description: "named parts of the run that budgets and charts refer to",
    default: {},
  }),
  matrix: Type.Optional(Matrix),
  budgets: Type.Array(Type.String({ minLength: 1 }), {
    description: "budget files, relative to this one",
    default: [],
  }),
});
type ScenarioFile = Static<typeof ScenarioFile>;

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A scenario, complete: what `run` takes. */
export type Scenario = DeepReadonly<
  Pick<
    ScenarioFile,
    "metadata" | "run" | "network" | "cluster" | "autoscaling" | "kubernetes" | "clients" | "faults"
  >
> & {
  readonly profile: Profile;
  /** Name → span; always has "run" and "measured". */
  readonly windows: Readonly<Record<string, { readonly fromMs: number; readonly toMs: number }>>;
  /** Paths of the budget files, as found. */
  readonly budgets: readonly string[];
};

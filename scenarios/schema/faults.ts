// What goes wrong, and when. Each fault has a name, so that windows and comparison budgets
// ("versus: without kill-node") can speak of it.

import Type, { type Static } from "typebox";
import { byteRate, choice, count, duration, flag, name, rate, ratio } from "./fields.ts";

const Victim = Type.Object({
  select: choice(
    ["most-connections", "index", "random"],
    "which: the fullest, the one numbered `index`, or any",
    { default: "most-connections", source: "assumed: the worst case" },
  ),
  index: Type.Optional(count("with select: index, counted from 0")),
  count: count("how many at once", { default: 1, least: 1, source: "assumed" }),
});
/** Which hosts a crash takes. */
export type Victim = Static<typeof Victim>;

const crash = {
  name: name("name of the fault"),
  atMs: duration("when it happens"),
  target: Victim,
  reset: flag("whether peers see a reset (RST); without one they must notice the silence", {
    default: true,
    source: "assumed: a killed process resets its sockets, a lost machine does not",
  }),
  restartAfterMs: Type.Optional(duration("it is back, empty, after this long; absent: never")),
};

const NodeCrash = Type.Object(
  { kind: Type.Literal("node-crash"), ...crash },
  { description: "nodes die, with every room and session on them" },
);
const EdgeCrash = Type.Object(
  { kind: Type.Literal("edge-crash"), ...crash },
  { description: "edges die, with every socket on them" },
);

const NoisyRoom = Type.Object(
  {
    kind: Type.Literal("noisy-room"),
    name: name("name of the fault"),
    fromMs: duration("when the noise begins"),
    toMs: duration("when it ends"),
    target: Type.Object({
      room: choice(["largest", "index", "size"], "which room", {
        default: "largest",
        source: "assumed: the worst case",
      }),
      index: Type.Optional(count("with room: index, counted from 0")),
      size: Type.Optional(count("with room: size, the room whose size is nearest", { least: 2 })),
    }),
    messagesPerSec: rate("messages in all, from all senders together"),
    traffic: choice(["state", "speaking", "message", "mixed"], "what they send", {
      default: "mixed",
      source: "assumed: a third of each delivery class",
    }),
    senders: count("members that send", { default: 1, least: 1, source: "assumed" }),
  },
  { description: "one room sends far more than others" },
);

const SlowConsumers = Type.Object(
  {
    kind: Type.Literal("slow-consumers"),
    name: name("name of the fault"),
    fromMs: duration("when they become slow"),
    toMs: duration("when they recover"),
    share: ratio("share of the clients"),
    bandwidthBytesPerSec: byteRate("what such a client can read"),
  },
  { description: "some clients read slowly, so that their edges must queue, merge and drop" },
);

const BusOutage = Type.Object(
  {
    kind: Type.Literal("bus-outage"),
    name: name("name of the fault"),
    fromMs: duration("when the bus goes down: what is published from then on is lost"),
    toMs: duration("when it is back"),
  },
  { description: "nodes do not hear of each other" },
);

const ZoneLoss = Type.Object(
  {
    kind: Type.Literal("zone-loss"),
    name: name("name of the fault"),
    atMs: duration("when all nodes of the zone are gone, without a reset"),
    zone: count("which zone, counted from 0", { default: 0, source: "assumed: zones are alike" }),
  },
  { description: "a zone is gone at once, and nothing resets its connections" },
);

const RollingDeploy = Type.Object(
  {
    kind: Type.Literal("rolling-deploy"),
    name: name("name of the fault"),
    atMs: duration("when a new version is applied: every pod is replaced, as the workload says"),
  },
  { description: "a new version goes out; the workload decides how fast" },
);

const MachineDrain = Type.Object(
  {
    kind: Type.Literal("machine-drain"),
    name: name("name of the fault"),
    atMs: duration(
      "when machines are cordoned and their pods evicted, within the disruption budget",
    ),
    count: count("how many, those with the most pods first", {
      default: 1,
      least: 1,
      source: "assumed",
    }),
  },
  { description: "machines are emptied, as for an update of their kernel" },
);

const ControllerRestart = Type.Object(
  {
    kind: Type.Literal("controller-restart"),
    name: name("name of the fault"),
    atMs: duration("when the controller manager begins anew and forgets its windows"),
  },
  { description: "the HPA's controller forgets what it saw" },
);

const MetricsOutage = Type.Object(
  {
    kind: Type.Literal("metrics-outage"),
    name: name("name of the fault"),
    fromMs: duration("when the metrics API begins to fail"),
    toMs: duration("when it answers again"),
    api: choice(["resource", "custom", "external", "all"], "which API", {
      default: "all",
      source: "assumed: the worst case",
    }),
  },
  { description: "the HPA's controller gets no metrics" },
);

const kinds = [
  NodeCrash,
  EdgeCrash,
  NoisyRoom,
  SlowConsumers,
  BusOutage,
  ZoneLoss,
  RollingDeploy,
  MachineDrain,
  ControllerRestart,
  MetricsOutage,
] as const;
export type Fault = Static<(typeof kinds)[number]>;

export const Faults = Type.Unsafe<Fault[]>({
  type: "array",
  keyField: "name",
  description: "what goes wrong",
  default: [],
  items: {
    type: "object",
    discriminator: { propertyName: "kind" },
    required: ["kind"],
    oneOf: [...kinds],
  },
});

// What all processes of a cluster must agree on. Names and defaults are those of a scenario's `cluster` section
// (scenarios/schema/cluster.ts), so that what was simulated can be deployed as it stands; a test holds the two equal.

import { TRUNK_MARKS } from "../../core/trunk.ts";
import {
  choice,
  count,
  duration,
  file,
  rate,
  ratio,
  secret,
  section,
  size,
  text,
} from "./field.ts";

const beats = section("cluster beats over the bus", {
  everyMs: duration("a node tells its load to the others", 1_000, {
    source: "assumed",
    least: 10,
  }),
  leaseMs: duration("a node silent for this long is gone", 6_000, {
    source: "assumed: six beats, so that one long pause is no death",
  }),
});

const trunk = section("links between edges and nodes", {
  heartbeatMs: duration("probe of a trunk between edge and node", 1_000, {
    source: "assumed",
    least: 10,
  }),
  timeoutMs: duration("a trunk silent for this long is dead", 3_000, {
    source: "assumed: three heartbeats",
  }),
  softBytes: size("above this nothing droppable is added to what waits", TRUNK_MARKS.softBytes, {
    source: "assumed: a tenth of a second at 10 Gbit/s",
    least: 1024,
  }),
  hardBytes: size("above this the trunk is given up", TRUNK_MARKS.hardBytes, {
    source: "assumed: what a host can spare for each of ten",
    least: 1024,
  }),
});

const sessions = section("what survives a lost socket", {
  presenceGraceMs: duration("others are told `left` after this long without a socket", 15_000, {
    source: "cited: rtcsig.v1; Ably separates short presence from a long session alike",
  }),
  resumeWindowMs: duration("a session may be resumed for this long", 60_000, {
    source: "cited: rtcsig.v1; peers range from 30 s to 120 s",
  }),
  reconnectingNoticeMs: duration("others are told `reconnecting` after this long", 2_000, {
    source: "cited: rtcsig.v1; hides a change of network",
  }),
  bufferMax: count("critical messages a session keeps for resume", 256, {
    source: "cited: rtcsig.v1",
    least: 1,
  }),
});

const heartbeat = section("how a silent loss is noticed", {
  everyMs: duration("a client pings", 15_000, {
    source: "cited: rtcsig.v1; peers range from 5 s to 120 s",
    least: 100,
  }),
  timeoutMs: duration("a ping unanswered for this long ends the connection", 5_000, {
    source: "cited: rtcsig.v1",
  }),
});

const reconnect = section("the reconnect window that the server advertises", {
  spreadMinMs: duration("narrowest window", 2_000, { source: "cited: rtcsig.v1" }),
  spreadMaxMs: duration("widest window", 60_000, {
    source: "cited: rtcsig.v1; a session is lost after the resume window anyway",
  }),
  capMs: duration("no later attempt is spread over more than this", 60_000, {
    source: "cited: rtcsig.v1",
  }),
});

const budgets = section("token buckets; a message needs a token of each", {
  connection: section("of one client", {
    perSec: rate("messages a client may send", 30, {
      least: 0.01,
      written: "rate",
      source: "cited: rtcsig.v1",
    }),
    burst: count("messages at once", 60, { source: "cited: rtcsig.v1", least: 1 }),
  }),
  room: section("of one room", {
    deliveriesPerSec: rate(
      "deliveries a room may cause: a message in a room of n costs n − 1",
      2_000,
      { least: 0.01, source: "cited: rtcsig.v1" },
    ),
    burst: count("deliveries at once", 4_000, { source: "cited: rtcsig.v1", least: 1 }),
  }),
  node: section("of one node", {
    deliveriesPerSec: rate("deliveries a node takes on", 50_000, {
      least: 0.01,
      source: "assumed: a third of what one core delivers by the measured plain cost",
    }),
    burst: count("deliveries at once", 100_000, { source: "assumed: two seconds", least: 1 }),
  }),
  criticalReserveRatio: ratio("share of each bucket that only critical messages may use", 0.25, {
    most: 0.9,
    source: "cited: rtcsig.v1",
  }),
});

const fanout = section("the scheduler that spreads a message over a room", {
  quantum: count("deliveries a room may send per round of the scheduler", 64, {
    least: 1,
    source: "assumed: a room of ordinary size is served in one round",
  }),
  sliceDeliveries: count("deliveries before the scheduler lets other work in", 256, {
    least: 1,
    source: "assumed: about 1.5 ms of one core at the measured plain cost",
  }),
  backlogMax: count("deliveries that may wait at a node", 50_000, {
    source: "assumed: one second of the node's budget",
  }),
});

const outbound = section("what an edge queues for one client", {
  softBytes: size("above this, droppable updates go", 64 * 1024, { source: "cited: rtcsig.v1" }),
  hardBytes: size("above this, the client is closed", 512 * 1024, { source: "cited: rtcsig.v1" }),
});

const placement = section("which node gets which room", {
  policy: choice(
    ["directory", "rendezvous", "sticky-registry", "bounded", "ring", "least-loaded", "random"],
    "how a room finds its node",
    "directory",
    { source: "assumed: the policy that came out best in the placement study" },
  ),
});

export const clusterSection = section("what all processes of a cluster must agree on", {
  name: text("what the cluster is called on the bus; two clusters may share one", "stormglass", {
    pattern: /^[A-Za-z0-9_-]{1,63}$/,
    expected: "letters, digits, _ and -, at most 63",
  }),
  secret: secret("by which edges and nodes know each other, and which seals resume tokens"),
  secretFile: file("the same in a file; of several, one per line, the first seals and all open"),
  placement,
  beats,
  trunk,
  sessions,
  heartbeat,
  reconnect,
  budgets,
  fanout,
  outbound,
});

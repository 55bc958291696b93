// The cluster: edges, nodes, and the limits and clocks that core runs with.
//
// Defaults of the protocol (heartbeats, resume window, budgets) are the ones the server ships with;
// "assumed" marks what nobody has measured for your cluster: sweep those first.

import Type from "typebox";
import { distribution } from "./distribution.ts";
import { choice, count, duration, flag, rate, ratio, size } from "./fields.ts";

const EdgeAdmission = Type.Object(
  {
    joinsPerSec: rate("new joins each edge lets through", {
      default: "500/s",
      source: "assumed: half of what one core verifies and relays",
    }),
    resumesPerSec: rate("resumes each edge lets through, ahead of joins", {
      default: "1000/s",
      source: "assumed: a resume needs no token verification and no placement",
    }),
    burst: count("tokens each of the two buckets may hold", {
      default: 500,
      source: "assumed: one second of joins",
    }),
    queueMs: duration("longest wait for a token before the client is told to come back", {
      default: "2s",
      source: "assumed: below the client's own join timeout, so that no work is wasted",
    }),
    queueMax: count("clients that may wait at one edge", {
      default: 4_000,
      source: "assumed: queue time × the resume and join rates, rounded up",
    }),
  },
  { description: "what an edge lets through" },
);

export const Edges = Type.Object(
  {
    count: count("edge gateways", { least: 1 }),
    balancing: choice(
      ["room-hash", "random"],
      "how the ingress chooses an edge: by the room named in the URL, or at random",
      {
        default: "room-hash",
        source:
          "cited: rtcsig.v1 names the room in the query for this; a room's members then share an edge, " +
          "and a message to the room is one frame on one trunk",
      },
    ),
    acceptBacklog: count("connections the kernel holds for an edge that is busy", {
      default: 511,
      least: 1,
      source: "cited: Node's default for server.listen",
    }),
    memoryBytes: size("memory limit of one edge; above it the kernel kills it", {
      default: "2GiB",
      source: "assumed: 20,000 TLS connections and room to spare",
    }),
    admission: EdgeAdmission,
  },
  { description: "the gateways that hold the clients' sockets" },
);

export const Nodes = Type.Object(
  {
    count: count("signaling nodes", { least: 1 }),
    maxConnections: count("sessions one node may hold", {
      default: 2_000,
      least: 1,
      source: "assumed: the limit that a target of 1,700 sessions per pod leaves headroom under",
    }),
    softLimitRatio: ratio("share of maxConnections up to which a node founds new rooms", {
      default: "90%",
      source:
        "cited: the placement study's 85 to 90 %; the rest is for rooms that grow past their booking",
    }),
    memoryBytes: size("memory limit of one node; above it the kernel kills it", {
      default: "1GiB",
      source: "assumed",
    }),
    regions: count("regions; node i lies in region i mod regions", {
      default: 1,
      least: 1,
      source: "assumed",
    }),
    zones: count("zones per region; node i lies in zone i mod zones", {
      default: 3,
      least: 1,
      source: "assumed: the usual number of availability zones",
    }),
    admission: Type.Object(
      {
        perSec: rate("sessions one node takes per second", {
          default: "500/s",
          written: "rate",
          source: "assumed: a fifth of one core at the profile's cost of a join",
        }),
        resumeRatio: ratio("share of the rate kept for resumes; what is unused is lent", {
          default: "70%",
          source: "assumed: people in a call come before people who begin one",
        }),
        burst: count("tokens the bucket may hold", { default: 500, source: "assumed: one second" }),
        queueMs: duration("longest wait for a token", { default: "2s", source: "assumed" }),
      },
      { description: "what a node lets in" },
    ),
  },
  { description: "the nodes that hold rooms and sessions" },
);

const Placement = Type.Object(
  {
    policy: choice(
      ["directory", "rendezvous", "sticky-registry", "bounded", "ring", "least-loaded", "random"],
      "how a room finds its node",
      { default: "directory", source: "assumed: the policy the server ships with" },
    ),
    expectedSizes: choice(
      ["hint", "none"],
      "whether placement is told how large a room is going to be",
      {
        default: "hint",
        source:
          "assumed: meetings are booked, and a join token can carry the size of the invitation; " +
          "it is right to within 40 % here",
      },
    ),
  },
  { description: "which node gets which room" },
);

const Beats = Type.Object(
  {
    everyMs: duration("a node tells its load to the others", { default: "1s", source: "assumed" }),
    leaseMs: duration("a node silent for this long is gone", {
      default: "6s",
      source: "assumed: six beats, so that one long pause is no death",
    }),
  },
  { description: "cluster beats over the bus" },
);

const Trunk = Type.Object(
  {
    heartbeatMs: duration("probe of a trunk between edge and node", {
      default: "1s",
      source: "assumed",
    }),
    timeoutMs: duration("a trunk silent for this long is dead", {
      default: "3s",
      source: "assumed: three heartbeats",
    }),
  },
  { description: "links between edges and nodes" },
);

const Sessions = Type.Object(
  {
    presenceGraceMs: duration("others are told `left` after this long without a socket", {
      default: "15s",
      source: "cited: rtcsig.v1; Ably separates short presence from a long session alike",
    }),
    resumeWindowMs: duration("a session may be resumed for this long", {
      default: "60s",
      source: "cited: rtcsig.v1; peers range from 30 s to 120 s",
    }),
    reconnectingNoticeMs: duration("others are told `reconnecting` after this long", {
      default: "2s",
      source: "cited: rtcsig.v1; hides a change of network",
    }),
    bufferMax: count("critical messages a session keeps for resume", {
      default: 256,
      source: "cited: rtcsig.v1",
    }),
  },
  { description: "what survives a lost socket" },
);

const Heartbeat = Type.Object(
  {
    everyMs: duration("a client pings", {
      default: "15s",
      source: "cited: rtcsig.v1; peers range from 5 s to 120 s",
    }),
    timeoutMs: duration("a ping unanswered for this long ends the connection", {
      default: "5s",
      source: "cited: rtcsig.v1",
    }),
  },
  { description: "how a silent loss is noticed" },
);

const ReconnectWindow = Type.Object(
  {
    spreadMinMs: duration("narrowest window the server advertises", {
      default: "2s",
      source: "cited: rtcsig.v1",
    }),
    spreadMaxMs: duration("widest window the server advertises", {
      default: "60s",
      source: "cited: rtcsig.v1; a session is lost after the resume window anyway",
    }),
    capMs: duration("no later attempt is spread over more than this", {
      default: "60s",
      source: "cited: rtcsig.v1",
    }),
  },
  { description: "the reconnect window that the server advertises" },
);

const Budgets = Type.Object(
  {
    connection: Type.Object({
      perSec: rate("messages a client may send", {
        default: "30/s",
        written: "rate",
        source: "cited: rtcsig.v1",
      }),
      burst: count("messages at once", { default: 60, source: "cited: rtcsig.v1" }),
    }),
    room: Type.Object({
      deliveriesPerSec: rate("deliveries a room may cause: a message in a room of n costs n − 1", {
        default: "2000/s",
        source: "cited: rtcsig.v1",
      }),
      burst: count("deliveries at once", { default: 4_000, source: "cited: rtcsig.v1" }),
    }),
    node: Type.Object({
      deliveriesPerSec: rate("deliveries a node takes on", {
        default: "50000/s",
        source: "assumed: a third of what one core delivers by the measured plain cost",
      }),
      burst: count("deliveries at once", { default: 100_000, source: "assumed: two seconds" }),
    }),
    criticalReserveRatio: ratio("share of each bucket that only critical messages may use", {
      default: "25%",
      source: "cited: rtcsig.v1",
    }),
  },
  { description: "token buckets; a message needs a token of each" },
);

const Fanout = Type.Object(
  {
    quantum: count("deliveries a room may send per round of the scheduler", {
      default: 64,
      least: 1,
      source: "assumed: a room of ordinary size is served in one round",
    }),
    sliceDeliveries: count("deliveries before the scheduler lets other work in", {
      default: 256,
      least: 1,
      source: "assumed: about 1.5 ms of one core at the measured plain cost",
    }),
    backlogMax: count("deliveries that may wait at a node", {
      default: 50_000,
      source: "assumed: one second of the node's budget",
    }),
  },
  { description: "the scheduler that spreads a message over a room" },
);

const Outbound = Type.Object(
  {
    softBytes: size("queue of a slow client above which droppable updates go", {
      default: "64KiB",
      source: "cited: rtcsig.v1",
    }),
    hardBytes: size("queue of a slow client above which it is closed", {
      default: "512KiB",
      source: "cited: rtcsig.v1",
    }),
  },
  { description: "what an edge queues for one client" },
);

const Sfu = Type.Object(
  {
    count: count("media servers", { default: 20, least: 1, source: "assumed" }),
    allocateMs: distribution("time to set up a transport", {
      default: { dist: "lognormal", median: "15ms", p99: "80ms" },
      source: "assumed",
    }),
    answerMs: distribution("time to answer an offer", {
      default: { dist: "lognormal", median: "10ms", p99: "60ms" },
      source: "assumed",
    }),
    transportsMax: count("transports one media server may hold", {
      default: 10_000,
      source: "assumed: generous, so that media is not what breaks first",
    }),
  },
  { description: "the media servers as signaling sees them" },
);

export const Cluster = Type.Object(
  {
    edges: Edges,
    nodes: Nodes,
    placement: Placement,
    beats: Beats,
    trunk: Trunk,
    sessions: Sessions,
    heartbeat: Heartbeat,
    reconnect: ReconnectWindow,
    budgets: Budgets,
    fanout: Fanout,
    outbound: Outbound,
    sfu: Sfu,
    clientTls: flag("whether clients speak TLS to the edges", {
      default: true,
      source: "assumed: browsers require it",
    }),
  },
  { description: "the servers" },
);

// The population: who arrives when, in which rooms, and what they do there.

import Type, { type Static } from "typebox";
import { NOTATION } from "../quantities.ts";
import { distribution } from "./distribution.ts";
import { choice, count, duration, hourly, listBy, name, ratio } from "./fields.ts";

const SizeRange = Type.Object({
  min: count("smallest room of this range", { least: 1 }),
  max: count("largest room of this range", { least: 1 }),
  share: ratio("share of the rooms, not of the clients"),
});
/** Rooms of `min` to `max` people, uniformly, are `share` (0..1) of all rooms. */
export type SizeRange = Static<typeof SizeRange>;

export const SIZE_PRESETS = ["jitsi", "enterprise", "webinar"] as const;

const Rooms = Type.Object(
  {
    /** Presets resolve to their table. */
    sizes: Type.Unsafe<SizeRange[]>({
      unit: "sizes",
      description: "a preset (jitsi, enterprise, webinar) or a table of {min, max, share}",
      default: "enterprise",
      source: "assumed: no measured table of meeting sizes was found",
      if: { type: "array" },
      then: { type: "array", minItems: 1, items: SizeRange },
      else: { type: "string", enum: [...SIZE_PRESETS] },
    }),
  },
  { description: "how people spread over rooms" },
);

/** Another way to write `clients` of a phase. */
export const ArrivalShare = ratio("share of all clients, instead of a number");

const Arrival = Type.Object(
  {
    phase: name("name of this phase; windows refer to it"),
    fromMs: duration("when the phase begins", { default: "0s", source: "assumed" }),
    overMs: duration("how long the phase lasts"),
    /** Whether the file gives a number, a share or (in one phase) neither: resolved, a number. */
    clients: Type.Unsafe<number>({
      ...count("clients of this phase; rest: its share, or all that other phases leave"),
      pattern: `^rest$|${NOTATION.count.pattern}`,
      default: "rest",
      source: "computed: its share, or all that other phases leave",
    }),
    shape: choice(
      ["uniform", "poisson", "thundering-herd", "ramp"],
      "uniform: evenly; poisson: at random; thundering-herd: most at once, then fewer and fewer " +
        "(exponential with a mean of a sixth of the phase, cut at its end); ramp: the rate grows " +
        "from 0",
      { default: "uniform", source: "assumed" },
    ),
  },
  { writtenOnly: { share: ArrivalShare } },
);
/** One wave of clients; `clients` is a number after resolving. */
export type Arrival = Static<typeof Arrival>;

const Negotiation = Type.Object(
  {
    mode: choice(["sfu", "mesh", "auto"], "with a media server, with each other, or by room size", {
      default: "sfu",
      source: "assumed: the usual choice above two people",
    }),
    meshSizeMax: count("largest room that uses a mesh in mode auto", {
      default: 2,
      source: "assumed: calls of two gain most",
    }),
  },
  { description: "offers and answers" },
);

const Candidates = Type.Object(
  {
    out: count("ICE candidates a client sends per negotiation", {
      default: 12,
      source: "assumed: host, reflexive and relay candidates of two interfaces",
    }),
    in: count("ICE candidates a client is sent per negotiation, beside its answer", {
      default: 0,
      source:
        "cited: an ICE-lite server (RFC 8445 §2.5) has host candidates only, and its answer carries them",
    }),
    overMs: duration("time in which they trickle", { default: "2s", source: "assumed" }),
  },
  { description: "ICE candidates" },
);

const Activity = Type.Object(
  {
    talkingRoomRatio: ratio("share of rooms in which somebody speaks at any time", {
      default: "30%",
      written: "talkingRooms",
      source: "assumed",
    }),
    turnMeanMs: duration("mean time somebody speaks before another does", {
      default: "4s",
      source: "assumed",
    }),
    muteEveryMs: duration("mean time between two toggles of a client", {
      default: "5m",
      endless: true,
      source: "assumed: one toggle in 2 to 5 minutes, fewer in large rooms",
    }),
    messagesPerHour: hourly("application messages of a client", {
      default: "6/h",
      source: "assumed",
    }),
    qualityEveryMs: duration("time between two quality reports of a client to its room", {
      default: "none",
      endless: true,
      source: "assumed: the media server measures quality and tells whom it concerns",
    }),
  },
  { description: "what people do in a call" },
);

const Reconnect = Type.Object(
  {
    policy: choice(["stormglass", "full-jitter"], "how a client that lost its socket comes back", {
      default: "stormglass",
      source: "assumed: the SDK's own; it uses the window that the server advertises",
    }),
    baseMs: duration("full-jitter: the first range", {
      default: "1s",
      source: "cited: the textbook policy, 1 s doubling to 30 s",
    }),
    capMs: duration("full-jitter: the widest range", { default: "30s", source: "cited: the same" }),
  },
  { description: "reconnect policy" },
);

export const Clients = Type.Object(
  {
    total: count("clients in all", { least: 1 }),
    rooms: Rooms,
    arrivals: listBy("phase", Arrival, "waves of clients; at least one"),
    leaves: Type.Object(
      {
        meanDurationMs: duration("mean stay, exponential; `none`: nobody leaves", {
          default: "none",
          endless: true,
          source: "assumed: a storm is shorter than a call",
        }),
      },
      { description: "when people hang up" },
    ),
    negotiation: Negotiation,
    candidates: Candidates,
    activity: Activity,
    reconnect: Reconnect,
    timeouts: Type.Object(
      {
        dialMs: duration("a connection not open after this long is given up and retried", {
          default: "10s",
          source: "assumed",
        }),
        joinMs: duration("a join not answered after this long is given up and retried", {
          default: "10s",
          source: "assumed",
        }),
      },
      { description: "patience with one attempt" },
    ),
    patienceMs: duration("a client that is not in its room after this long gives up", {
      default: "5m",
      endless: true,
      source: "assumed",
    }),
    flaps: Type.Object(
      {
        perClientPerHour: hourly("times a client loses its network", {
          default: "0/h",
          written: "rate",
          source: "assumed: none, so that a scenario shows its own fault alone",
        }),
        outageMs: distribution("how long the network is away", {
          default: { dist: "lognormal", median: "3s", p99: "30s" },
          source: "assumed",
        }),
      },
      { description: "losses of a client's own network" },
    ),
  },
  { description: "the people" },
);

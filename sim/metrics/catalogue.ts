// The catalogue: every metric a run may report, what it counts, in which unit, and how it is stored.
//
// A budget on a metric that is not here is an error with a suggestion, never a silent pass. A run
// stores "metric@window": counters, ratios and gauges at the window's end in `values`, histograms in
// `histograms`; the course of a gauge or counter over time is the column "metric" of the series. The
// exact extreme of a gauge, where the recorder keeps it, is the value "metric.max@window".

import { DROP_SCOPES } from "../../core/drops.ts";

export type MetricKind = "histogram" | "counter" | "gauge" | "ratio";
export type MetricUnit = "ms" | "count" | "bytes" | "ratio";

export interface Metric {
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  /** What it means, as the end of the sentence "this is …". */
  readonly means: string;
  /** Allowed values of each "/part" after the name. */
  readonly parts?: readonly (readonly string[])[];
}

const CLASSES = ["critical", "coalescable", "droppable"] as const;

const histogram = (unit: MetricUnit, means: string, ...parts: (readonly string[])[]): Metric => ({
  kind: "histogram",
  unit,
  means,
  parts,
});
const counter = (means: string, ...parts: (readonly string[])[]): Metric => ({
  kind: "counter",
  unit: "count",
  means,
  parts,
});
const gauge = (unit: MetricUnit, means: string): Metric => ({ kind: "gauge", unit, means });
const share = (means: string): Metric => ({ kind: "ratio", unit: "ratio", means });

/** Name → metric. A name with parts is written "updates.dropped/critical/room". */
export const CATALOGUE: Readonly<Record<string, Metric>> = {
  "join.latency": histogram("ms", "time from a client's arrival to `joined`, retries included"),
  "join.offered": counter("clients that arrived"),
  "join.succeeded": counter("clients that were let into their room"),
  "join.refused": counter("clients that were refused for good: unauthorized, or the room is full"),
  "join.gaveup": counter("clients that lost patience before they were in their room"),
  "join.turnedaway": counter("answers of `busy`: come back in a slot of your own"),
  "join.pending": gauge("count", "clients still on their way into their room"),
  "join.success.ratio": share("clients let in, of those that arrived"),
  "media.time": histogram("ms", "time from a client's arrival to its first connected media"),

  "reconnect.time": histogram("ms", "time from a lost socket or session to `resumed` or `joined`"),
  "reconnect.offered": counter("sessions that lost their socket or node"),
  "reconnect.succeeded": counter("sessions that came back"),
  "reconnect.failed": counter("sessions that did not come back"),
  "reconnect.attempts.mean": gauge(
    "count",
    "attempts per session that came back, over the whole run",
  ),
  "reconnect.failure.ratio": share("sessions that did not come back, of those that were lost"),

  "delivery.latency": histogram("ms", "time from a send to its receipt by one member", CLASSES),
  "delivery.latency.other": histogram(
    "ms",
    "the same in rooms other than the noisy one, on the noisy room's node",
    CLASSES,
  ),
  "updates.dropped": counter("deliveries given up, by class and scope", CLASSES, DROP_SCOPES),
  "updates.merged": counter("deliveries replaced by a newer value", CLASSES, DROP_SCOPES),
  "critical.offered": counter("critical messages that clients sent"),
  "critical.acknowledged": counter("critical messages that were answered with `ok`"),
  "critical.refused": counter("critical messages that were answered with an error"),
  "critical.pending": gauge("count", "critical messages not answered at the end"),
  "critical.lost": counter(
    "critical messages acknowledged and yet not received by a member, over the whole run",
  ),
  "critical.lost.noisy": counter("those of the noisy room"),
  "fanout.queue.depth": gauge("count", "deliveries waiting at the fullest node"),

  "connections.active": gauge("count", "sockets that edges hold"),
  "connections.offered": gauge("count", "sessions, and clients on their way into one"),
  "connections.dialed": counter("sockets that clients dialled"),
  "edge.cpu.ratio": gauge("ratio", "busy share of the busiest edge"),
  "node.cpu.ratio": gauge("ratio", "busy share of the busiest node"),
  "edge.memory.bytes": gauge("bytes", "memory of the fullest edge"),
  "node.memory.bytes": gauge("bytes", "memory of the fullest node"),
  "loop.lag": histogram("ms", "wait of a fact in its host's queue"),

  "blast.sessions": counter("sessions disturbed although they were not on the dead host"),
  "disturbed.sessions": counter("sessions that lost their socket or node"),
  "media.interrupted.sessions": counter("sessions whose media stopped"),
  "media.interruption.time": histogram("ms", "time without media of those sessions"),

  "media.restarts": counter("ICE restarts that clients began"),
  "sfu.exhausted": counter("rooms for which no media server had a transport left"),
  "hosts.outofmemory": counter("hosts that were killed above their memory limit"),
  "sessions.active": gauge("count", "sessions that nodes hold with a socket"),
  "sequence.gaps": counter(
    "holes in the numbers of a session that a client saw, over the whole run",
  ),

  "replicas.desired": gauge("count", "nodes that the workload is asked to have"),
  "replicas.current": gauge("count", "pods of nodes that are not on their way out"),
  "replicas.ready": gauge("count", "nodes that are ready"),
  "pods.pending": gauge("count", "pods without a running container"),
  "pods.terminating": gauge("count", "pods that were deleted and are not gone"),
  machines: gauge("count", "machines that pods run on"),
  "hpa.rescales": counter("times that the HPA changed the number of nodes"),
  "hpa.flaps": counter("times that it turned round within 15 minutes"),
  "pods.started": counter("pods created after the beginning"),
  "pods.deleted": counter("pods deleted: scaled down, replaced or evicted"),
  "pod.lead.time": histogram("ms", "time from a pod's creation to its readiness"),
  "pod.hours": counter("hours of pods, from their machine to their end: what nodes cost"),
  "machine.hours": counter("hours of machines"),
  "sessions.cut": counter("sessions on pods when these were deleted: they must move"),
  "sessions.killed": counter("sessions still on pods when these were killed"),

  "departures.told": counter("times that a client was told that somebody had left its room"),

  "rooms.live": gauge("count", "rooms with somebody in them"),
  "rooms.split.ever": counter("rooms that lived on several nodes at some time"),
  "rooms.moved": counter("rooms that changed their host"),
  "rooms.split": gauge("count", "rooms that live on several nodes"),
  "rooms.split.ratio": share("rooms that live on several nodes, of all rooms"),
  "clients.split.ratio": share("clients in such rooms, of all clients"),
  "rooms.spilled": counter("rooms founded on a node that is not their home"),
  "load.max.over.mean": gauge("ratio", "sessions of the fullest node over the mean of all nodes"),
  "placement.refused.live": counter("joins of a live room that its host refused"),
  "placement.probes": counter("nodes that edges asked to take somebody in"),
  "messages.served": counter("messages that nodes fanned out"),
  "messages.crossed": counter("messages that nodes sent to other hosts of their room"),
  "trunk.frames": counter("frames between edges and nodes, both ways"),
  "messages.crossnode.ratio": share("messages that crossed nodes, of all messages"),
  "bus.messages": counter("messages published on the bus"),
  "ghosts.max.age": gauge("ms", "longest time that others saw somebody who was gone"),
};

/** The metric that `name` means, parts checked; undefined when there is none. */
export function metricOf(name: string): Metric | undefined {
  const [base, ...parts] = name.split("/") as [string, ...string[]];
  const metric = Object.hasOwn(CATALOGUE, base) ? CATALOGUE[base]! : undefined;
  if (metric === undefined) return undefined;
  const allowed = metric.parts ?? [];
  if (parts.length !== allowed.length) return undefined;
  return parts.every((part, i) => allowed[i]!.includes(part)) ? metric : undefined;
}

/** Every full name, parts spelled out, in the order of the catalogue. */
export function metricNames(): readonly string[] {
  return Object.entries(CATALOGUE).flatMap(([name, metric]) =>
    (metric.parts ?? []).reduce<string[]>(
      (heads, values) => heads.flatMap((head) => values.map((value) => `${head}/${value}`)),
      [name],
    ),
  );
}

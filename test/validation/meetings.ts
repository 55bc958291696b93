// 100,000 people join their meetings within minutes, and a policy says where each goes.
//
// Nodes hold 2,000 each. Views are fresh here: what shows is the policy alone, not stale news.

import type { ClusterView, NodeRecord } from "../../core/cluster-view.ts";
import {
  type AssignmentRule,
  boundedByCommittedLoad,
  boundedByMean,
  firstChoice,
  reserveFor,
} from "../../core/placement/assignment.ts";
import { CommittedLoad } from "../../core/placement/committed-load.ts";
import { RoomDirectory } from "../../core/placement/directory.ts";
import { policyByName } from "../../core/placement/policy.ts";
import { homeOf } from "../../core/placement/ranking.ts";
import { compile } from "../../sim/engine/distributions.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { Simulation } from "../../sim/engine/simulation.ts";
import { type NodeLimits, REGION, beatOf, meanOf, roomSizes, viewOf } from "./rooms.ts";
import { type Measured, type Target, nameOf, parameterOf } from "./target.ts";

const PEOPLE = 100_000;
const NODE_MAX = 2_000;
const SECOND_US = 1_000_000;

interface Meetings {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly seed: number;
}

function meetingsOf(preset: string, seed: number): Meetings {
  const drawSize = roomSizes(preset);
  const stream = randomStream(seed, "size");
  const sizes: number[] = [];
  for (let people = 0; people < PEOPLE; people += sizes[sizes.length - 1]) {
    sizes.push(Math.min(drawSize(stream), PEOPLE - people));
  }
  return { sizes, names: sizes.map((_, room) => `room-${seed}-${room}`), seed };
}

/** Rooms open within two minutes, and their members come half a minute later on average. */
function playJoins({ sizes, seed }: Meetings, join: (room: number, nowMs: number) => void): void {
  const sim = new Simulation();
  const opens = compile({ dist: "uniform", low: 0, high: 120 * SECOND_US });
  const late = compile({ dist: "exponential", mean: 30 * SECOND_US });
  const stream = randomStream(seed, "join");
  sizes.forEach((size, room) => {
    const openUs = opens(stream);
    for (let i = 0; i < size; i++) sim.at(Math.round(openUs + late(stream)), 1, room, i);
  });
  sim.run(TIME_US_MAX, { handle: (_kind, room) => join(room, sim.nowMs) });
}

/** Nodes that say at once what they carry. */
class Nodes {
  readonly view: ClusterView;
  readonly #limits: NodeLimits;
  readonly active: Float64Array;
  readonly committed: readonly CommittedLoad[];

  constructor(count: number, softLimit: number) {
    this.#limits = { maxConnections: NODE_MAX, softLimit };
    this.view = viewOf(count, this.#limits);
    this.active = new Float64Array(count);
    this.committed = Array.from({ length: count }, () => new CommittedLoad());
  }

  isFull(node: NodeRecord): boolean {
    return this.active[node.index] >= NODE_MAX;
  }

  joined(node: NodeRecord, nowMs: number): void {
    const activeConnections = ++this.active[node.index];
    const committedLoad = Math.max(this.committed[node.index].total, activeConnections);
    const load = { activeConnections, committedLoad };
    this.view.beat(beatOf(node.nodeId, this.#limits, load), nowMs);
  }
}

interface SplitShares {
  readonly rooms: number;
  readonly clients: number;
  /** Of all messages, every member writing to every other. */
  readonly messages: number;
}

/** The edge decides alone, by the published algorithm. */
function naiveSplits(nodeCount: number, meetings: Meetings): SplitShares {
  const nodes = new Nodes(nodeCount, NODE_MAX);
  const policy = policyByName("rendezvous");
  const spread = meetings.sizes.map(() => new Map<NodeRecord, number>());
  playJoins(meetings, (room, nowMs) => {
    const { node } = policy.place(
      {
        roomId: meetings.names[room],
        region: REGION,
        expectedSize: 0,
        nowMs,
        refused: [],
        knownHost: undefined,
      },
      nodes.view,
    );
    if (node === undefined) return;
    spread[room].set(node, (spread[room].get(node) ?? 0) + 1);
    nodes.joined(node, nowMs);
  });
  let clients = 0;
  let messages = 0;
  let crossing = 0;
  meetings.sizes.forEach((size, room) => {
    const parts = [...spread[room].values()];
    if (parts.length > 1) clients += size;
    messages += size * size;
    crossing += size * size - parts.reduce((sum, part) => sum + part * part, 0);
  });
  const splitCount = spread.filter((parts) => parts.size > 1).length;
  return {
    rooms: splitCount / meetings.sizes.length,
    clients: clients / PEOPLE,
    messages: crossing / messages,
  };
}

interface Refusals {
  /** Joiners whose room's host was full, of all. */
  readonly refused: number;
  /** Rooms that are not on their first choice, of all. */
  readonly displaced: number;
}

interface DirectoryTrial {
  readonly nodeCount: number;
  readonly rule: AssignmentRule;
  readonly softLimit: number;
  /** Whether rooms are booked, to within 40 % of what they become. */
  readonly isBooked: boolean;
}

/** The home decides for the first, edges know the host from then on: who finds it full is refused. */
function directoryRefusals(trial: DirectoryTrial, meetings: Meetings): Refusals {
  const { nodeCount, rule, softLimit, isBooked } = trial;
  const nodes = new Nodes(nodeCount, softLimit);
  const directory = new RoomDirectory({ rule });
  const hints = randomStream(meetings.seed, "hint");
  const hosts: (NodeRecord | undefined)[] = meetings.sizes.map(() => undefined);
  const hosted = meetings.sizes.map(() => 0);
  const expected = meetings.sizes.map((size) => {
    return isBooked ? Math.round(size * (0.6 + 0.8 * hints.nextUnit())) : 0;
  });
  let refused = 0;
  let displaced = 0;
  const found = (room: number, nowMs: number): NodeRecord | undefined => {
    const roomId = meetings.names[room];
    const home = homeOf(roomId, nodes.view) as NodeRecord; // Somebody serves.
    const expectedSize = expected[room];
    const request = { roomId, expectedSize, region: REGION, refusedBy: [], nowMs };
    const verdict = directory.assign(request, nodes.view, home);
    if (verdict.node === undefined) return undefined;
    if (verdict.outrankedBy > 0) displaced++;
    const reserved = reserveFor(expectedSize, softLimit);
    nodes.committed[verdict.node.index].opened(room, reserved, nowMs);
    return verdict.node;
  };
  playJoins(meetings, (room, nowMs) => {
    const node = (hosts[room] ??= found(room, nowMs));
    if (node === undefined || nodes.isFull(node)) {
      refused++;
      return;
    }
    nodes.committed[node.index].sized(room, ++hosted[room]);
    nodes.joined(node, nowMs);
  });
  return { refused: refused / PEOPLE, displaced: displaced / meetings.sizes.length };
}

/** Seeds that are averaged over: a few large rooms decide much. */
const SEEDS = [1, 2, 3];

export function naiveAndSticky(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const preset = nameOf(target, "preset");
  const runs = SEEDS.map((seed) => {
    const meetings = meetingsOf(preset, seed);
    const trial = { nodeCount, rule: firstChoice, softLimit: NODE_MAX, isBooked: false };
    return {
      splits: naiveSplits(nodeCount, meetings),
      refused: directoryRefusals(trial, meetings).refused,
      maxOverMean: maxOverMean(nodeCount, meetings),
    };
  });
  const mean = (of: (run: (typeof runs)[number]) => number): number => meanOf(runs.map(of));
  return {
    values: {
      naive_split_rooms_pct: 100 * mean((run) => run.splits.rooms),
      naive_clients_in_split_rooms_pct: 100 * mean((run) => run.splits.clients),
      naive_cross_node_msg_pct: 100 * mean((run) => run.splits.messages),
      sticky_reject_pct: 100 * mean((run) => run.refused),
      pure_hrw_max_over_mean: mean((run) => run.maxOverMean),
    },
    by: "simulation",
  };
}

/** Everybody at the room's home, however full. */
function maxOverMean(nodeCount: number, meetings: Meetings): number {
  const view = viewOf(nodeCount);
  const loads = new Float64Array(nodeCount);
  meetings.sizes.forEach((size, room) => {
    loads[(homeOf(meetings.names[room], view) as NodeRecord).index] += size; // Somebody serves.
  });
  return (loads.reduce((most, load) => Math.max(most, load), 0) * nodeCount) / PEOPLE;
}

/** Soft limit over mean load. Cited: the placement study's c. */
const SOFT_OVER_MEAN = 1.1;

export function committedLoad(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const softLimit = Math.ceil((SOFT_OVER_MEAN * PEOPLE) / nodeCount);
  const trial = (rule: AssignmentRule, isBooked: boolean): Refusals => {
    const runs = SEEDS.map((seed) => {
      const meetings = meetingsOf("enterprise", seed);
      return directoryRefusals({ nodeCount, rule, softLimit, isBooked }, meetings);
    });
    return {
      refused: meanOf(runs.map((run) => run.refused)),
      displaced: meanOf(runs.map((run) => run.displaced)),
    };
  };
  const booked = trial(boundedByCommittedLoad, true);
  return {
    values: {
      sticky_reject_pct: 100 * trial(firstChoice, false).refused,
      chbl_1p10_actual_reject_pct: 100 * trial(boundedByMean, false).refused,
      chbl_1p10_reserved_hint_reject_pct: 100 * booked.refused,
      chbl_1p10_reserved_hint_displaced_pct: 100 * booked.displaced,
    },
    by: "simulation",
    without: {
      top2_least_committed_reject_pct: "choosing between the first two ranks is not built",
      top2_displaced_pct: "choosing between the first two ranks is not built",
    },
  };
}

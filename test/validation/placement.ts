// Bounded loads and rolling restarts, through the home's directory as it runs in a node.

import { type AssignmentRule, boundedByCommittedLoad } from "../../core/placement/assignment.ts";
import { policyByName } from "../../core/placement/policy.ts";
import { RoomDirectory } from "../../core/placement/directory.ts";
import { homeOf } from "../../core/placement/ranking.ts";
import type { ClusterView, NodeRecord } from "../../core/cluster-view.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { REGION, beatOf, viewOf } from "./rooms.ts";
import { type Measured, type Target, parameterOf } from "./target.ts";

interface Placed {
  readonly nodes: readonly (NodeRecord | undefined)[];
  readonly loads: Float64Array;
  readonly displaced: number;
  readonly probes: number;
}

/** Rooms of one, in order, each assigned by its home; a home here has heard of everything. */
function place(view: ClusterView, roomIds: Iterable<string>): Placed {
  const directory = new RoomDirectory({ rule: boundedByCommittedLoad });
  const nodes: (NodeRecord | undefined)[] = [];
  const loads = new Float64Array(view.records.length);
  let displaced = 0;
  let probes = 0;
  for (const roomId of roomIds) {
    const home = homeOf(roomId, view);
    if (home === undefined) break;
    const request = { roomId, expectedSize: 1, region: REGION, refusedBy: [], nowMs: 0 };
    const verdict = directory.assign(request, view, home);
    nodes.push(verdict.node);
    if (verdict.as === "none") continue;
    loads[verdict.node.index]++;
    probes += 1 + verdict.outrankedBy;
    if (verdict.outrankedBy > 0) displaced++;
  }
  return { nodes, loads, displaced, probes };
}

function* roomNames(count: number, prefix = "room"): Iterable<string> {
  for (let i = 0; i < count; i++) yield `${prefix}-${i}`;
}

export function boundedLoads(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const roomCount = parameterOf(target, "m");
  const capacity = parameterOf(target, "capacity");
  const limits = { maxConnections: capacity, softLimit: capacity };
  const before = place(viewOf(nodeCount, limits), roomNames(roomCount));
  const bereft = viewOf(nodeCount, limits);
  bereft.markGone("node-3", 1);
  const after = place(bereft, roomNames(roomCount));
  return {
    values: {
      displaced_from_first: before.displaced,
      total_probes: before.probes,
      full_nodes: before.loads.filter((load) => load === capacity).length,
      max_load: before.loads.reduce((most, load) => Math.max(most, load), 0),
      on_dead_node3: before.loads[3],
      moved_on_death_fixed_capacity: before.nodes.filter((node, i) => {
        return node?.nodeId !== after.nodes[i]?.nodeId;
      }).length,
    },
    by: "computation",
  };
}

const OVERFLOW_NODES = 100;
const OVERFLOW_SETS = 8;

export function overflow(target: Target): Measured {
  const roomCount = Math.round(OVERFLOW_NODES * parameterOf(target, "mean_load"));
  const capacity = parameterOf(target, "capacity");
  let displaced = 0;
  for (let set = 0; set < OVERFLOW_SETS; set++) {
    const view = viewOf(OVERFLOW_NODES, { maxConnections: capacity, softLimit: capacity });
    displaced += place(view, roomNames(roomCount, `set${set}`)).displaced;
  }
  const fraction = displaced / (OVERFLOW_SETS * roomCount);
  return { values: { displaced_fraction_lower_bound: fraction }, by: "simulation" };
}

// Rolling restarts. Every step changes one node; after it, each room is where its rule says.

/** Moves per room when `move` says where each room belongs after each step. */
class Moves {
  readonly #roomIds: readonly string[];
  readonly hosts: NodeRecord[] = [];
  #moves = 0;

  constructor(roomCount: number, hostOf: (roomId: string) => NodeRecord | undefined) {
    this.#roomIds = [...roomNames(roomCount)];
    for (const roomId of this.#roomIds) this.hosts.push(hostOf(roomId) as NodeRecord); // Somebody serves.
  }

  /** Every room that `concerns` says of its host goes where `hostOf` says. */
  step(
    hostOf: (roomId: string, host: NodeRecord) => NodeRecord | undefined,
    concerns: (host: NodeRecord) => boolean = () => true,
  ): void {
    this.#roomIds.forEach((roomId, room) => {
      const host = this.hosts[room];
      if (!concerns(host)) return;
      const next = hostOf(roomId, host);
      if (next === undefined || next === host) return;
      this.hosts[room] = next;
      this.#moves++;
    });
  }

  get perRoom(): number {
    return this.#moves / this.#roomIds.length;
  }
}

/** Pods get new names: one joins, then one of before leaves; rooms are always at their home. */
export function strictDeployment(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const view = viewOf(nodeCount);
  const home = (roomId: string): NodeRecord | undefined => homeOf(roomId, view);
  const moves = new Moves(40_000, home);
  for (let i = 0; i < nodeCount; i++) {
    view.beat(beatOf(`new-${i}`), 0);
    moves.step(home);
    const leaving = view.node(`node-${i}`);
    view.markGone(`node-${i}`, 1);
    moves.step(home, (host) => host === leaving);
  }
  return { values: { moves_per_room: moves.perRoom }, by: "simulation" };
}

/** Pods keep their names: each leaves and comes back. */
export function strictStatefulSet(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const view = viewOf(nodeCount);
  const home = (roomId: string): NodeRecord | undefined => homeOf(roomId, view);
  const moves = new Moves(4_000, home);
  for (let i = 0; i < nodeCount; i++) {
    view.markGone(`node-${i}`, 1);
    moves.step(home);
    view.beat({ ...beatOf(`node-${i}`), incarnation: 2 }, 0);
    moves.step(home);
  }
  return { values: { moves_per_room: moves.perRoom }, by: "simulation" };
}

/** Rooms stay where they are until their node goes, and then go anywhere. */
export function randomSticky(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const view = viewOf(nodeCount);
  const random = policyByName("random");
  const draws = randomStream(71, "place");
  const anywhere = (roomId: string): NodeRecord | undefined =>
    random.place(
      {
        roomId,
        region: REGION,
        expectedSize: 0,
        nowMs: 0,
        refused: [],
        knownHost: undefined,
        draw: draws.nextUnit(),
      },
      view,
    ).node;
  const moves = new Moves(100_000, anywhere);
  for (let i = 0; i < nodeCount; i++) {
    const leaving = view.node(`node-${i}`);
    view.markGone(`node-${i}`, 1);
    moves.step(anywhere, (host) => host === leaving);
    view.beat({ ...beatOf(`node-${i}`), incarnation: 2 }, 0);
  }
  return { values: { moves_per_room: moves.perRoom }, by: "simulation" };
}

/** Our directory: a room whose host drains moves to a node of the newest release, and stays there. */
export function newestReleaseFirst(target: Target): Measured {
  const nodeCount = parameterOf(target, "n");
  const view = viewOf(nodeCount);
  const rule: AssignmentRule = boundedByCommittedLoad;
  const directory = new RoomDirectory({ rule });
  const assign = (roomId: string, host?: NodeRecord): NodeRecord | undefined => {
    const home = homeOf(roomId, view) as NodeRecord; // Somebody serves.
    const refusedBy = host === undefined ? [] : [host.nodeId];
    const request = { roomId, expectedSize: 1, region: REGION, refusedBy, nowMs: 0 };
    const { node } = directory.assign(request, view, home);
    if (node === undefined) return undefined;
    directory.announce(roomId, node.nodeId, node.incarnation, 1);
    if (host !== undefined) directory.forget(roomId, host.nodeId);
    return node;
  };
  const moves = new Moves(10_000, assign);
  for (let i = 0; i < nodeCount; i++) {
    view.beat({ ...beatOf(`new-${i}`), generation: 1 }, 0);
    const draining = view.node(`node-${i}`);
    view.beat({ ...beatOf(`node-${i}`), state: "draining" }, 0);
    moves.step(assign, (host) => host === draining);
    view.markGone(`node-${i}`, 1);
  }
  return { values: { moves_per_room: moves.perRoom }, by: "simulation" };
}

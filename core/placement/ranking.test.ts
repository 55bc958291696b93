import fc from "fast-check";
import { expect, test } from "vitest";
import { ClusterView, type NodeRecord } from "../cluster-view.ts";
import { murmur32 } from "../hash.ts";
import {
  firstFitting,
  homeOf,
  outrankedBy,
  previousHomeOf,
  rankedInto,
  regionTier,
  winnerOf,
} from "./ranking.ts";
import { beatOf } from "./fixtures.ts";

function viewOf(nodeIds: readonly string[]): ClusterView {
  const view = new ClusterView(6_000);
  for (const nodeId of nodeIds) view.beat(beatOf(nodeId), 0);
  return view;
}

function numbered(nodeCount: number): string[] {
  return Array.from({ length: nodeCount }, (_, i) => `node-${i}`);
}

const rooms = Array.from({ length: 500 }, (_, i) => `room-${i}`);
const nodeIdSets = fc.uniqueArray(
  fc.string({ minLength: 1, maxLength: 20 }).filter((id) => !id.includes(":")),
  { minLength: 2, maxLength: 24 },
);
const seeded = { seed: 1998, numRuns: 60 };

test("[PL6] homes are these", () => {
  const view = viewOf(numbered(8));
  const homes = ["standup", "room-0", "room-1", "room-2", "会議室", ""].map(
    (roomId) => homeOf(roomId, view)?.nodeId,
  );

  expect(homes).toEqual(["node-7", "node-5", "node-2", "node-1", "node-3", "node-2"]);
});

test("[PL6] nodes rank by falling hash of node and room, equal ones by id", () => {
  const scoreOf = (nodeId: string, roomId: string): number => murmur32(`${nodeId}:${roomId}`);
  fc.assert(
    fc.property(nodeIdSets, fc.string({ maxLength: 30 }), (nodeIds, roomId) => {
      const view = viewOf(nodeIds);
      const ranked: NodeRecord[] = [];
      rankedInto(roomId, view, ranked);
      const expected = [...nodeIds].sort(
        (a, b) => scoreOf(b, roomId) - scoreOf(a, roomId) || (a < b ? -1 : 1),
      );

      expect(ranked.map((node) => node.nodeId)).toEqual(expected);
      expect(homeOf(roomId, view)).toBe(ranked[0]);
      ranked.forEach((node, rank) => {
        expect(outrankedBy(roomId, view.serving, node)).toBe(rank);
      });
    }),
    seeded,
  );
});

test("[PL6] a node that comes takes rooms from everybody and moves no other room", () => {
  fc.assert(
    fc.property(nodeIdSets, (nodeIds) => {
      const [newcomer, ...others] = nodeIds;
      const view = viewOf(others);
      const before = rooms.map((roomId) => homeOf(roomId, view)?.nodeId);
      view.beat(beatOf(newcomer), 0);
      rooms.forEach((roomId, i) => {
        const home = homeOf(roomId, view)?.nodeId;
        if (home !== before[i]) expect(home).toBe(newcomer);
      });
    }),
    seeded,
  );
});

test("[PL6] a node that drains or goes moves its own rooms only, each to its next in rank", () => {
  fc.assert(
    fc.property(nodeIdSets, fc.boolean(), (nodeIds, drains) => {
      const view = viewOf(nodeIds);
      const leaver = nodeIds[0];
      const ranked: NodeRecord[] = [];
      const expected = rooms.map((roomId) => {
        rankedInto(roomId, view, ranked);
        return ranked[0].nodeId === leaver ? ranked[1] : ranked[0];
      });
      if (drains) view.beat(beatOf(leaver, { state: "draining" }), 0);
      else view.markGone(leaver, 1);

      expect(rooms.map((roomId) => homeOf(roomId, view))).toEqual(expected);
    }),
    seeded,
  );
});

test("[PL6] the first that fits is the first fitting one of the ranking, and own region comes first", () => {
  const view = new ClusterView(6_000);
  numbered(30).forEach((nodeId, i) => {
    const region = ["eu", "us", "ap"][i % 3];
    view.beat(beatOf(nodeId, { region, activeConnections: (i * 7) % 11 }), 0);
  });
  const fits = (node: NodeRecord): boolean => node.activeConnections < 5;
  const ranked: NodeRecord[] = [];
  for (const roomId of rooms) {
    for (const region of ["us", "ap", "sa"]) {
      rankedInto(roomId, view, ranked, region);
      const first = ranked.find(fits)!;
      expect(firstFitting(roomId, view.serving, fits, regionTier(region))).toBe(first);
      expect(outrankedBy(roomId, view.serving, first, regionTier(region))).toBe(
        ranked.indexOf(first),
      );
      const abroad = ranked.findIndex((node) => node.region !== region);
      expect(ranked.slice(abroad).every((node) => node.region !== region)).toBe(true);
    }
  }
});

test("[PL6] nobody is the home of a room in an empty cluster", () => {
  const view = viewOf(["a"]);
  view.markGone("a", 1);

  expect(homeOf("standup", view)).toBeUndefined();
  expect(rankedInto("standup", view, [])).toBe(0);
});

test("[PL13] the previous home is known only when it is another and can still be asked", () => {
  const view = viewOf(numbered(5));
  const former = view.serving;
  view.beat(beatOf("node-9"), 0);
  const moved = rooms.filter((roomId) => homeOf(roomId, view)?.nodeId === "node-9");
  const stayed = rooms.filter((roomId) => homeOf(roomId, view)?.nodeId !== "node-9");
  expect(moved.length).toBeGreaterThan(50);

  for (const roomId of stayed) expect(previousHomeOf(roomId, view, former)).toBeUndefined();
  for (const roomId of moved) {
    expect(previousHomeOf(roomId, view, former)).toBe(winnerOf(roomId, former));
  }

  const lost = winnerOf(moved[0], former)!;
  view.markGone(lost.nodeId, 1);
  expect(previousHomeOf(moved[0], view, former)).toBeUndefined();
});

// Bounded loads: unit rooms in order, each to its first-ranked node below ⌈c × m / n⌉. The integers come
// from an independent program; capacity formula: Mirrokni, Thorup, Zadimoghaddam, arXiv:1608.01350.
// n, m, c: capacity, displaced, probes, full nodes, most on a node, on node-3, moved when it dies.
const BOUNDED: readonly (readonly number[])[] = [
  [20, 1_000, 1.05, 53, 30, 1_041, 10, 53, 53, 93],
  [20, 1_000, 1.25, 63, 0, 1_000, 0, 60, 56, 56],
  [64, 10_000, 1.05, 165, 131, 10_159, 24, 165, 165, 242],
  [64, 10_000, 1.1, 172, 40, 10_043, 8, 172, 169, 196],
  [64, 10_000, 1.5, 235, 0, 10_000, 0, 187, 169, 169],
  [100, 1_000, 1.1, 11, 89, 1_161, 66, 11, 11, 20],
  [100, 1_000, 1.5, 15, 3, 1_003, 5, 15, 11, 12],
];

test.each(BOUNDED)(
  "[PL7] bounded loads over rank order: %i nodes, %i rooms, c = %f",
  (nodeCount, roomCount, c, capacity, displaced, probes, full, most, onThird, moved) => {
    expect(Math.ceil((c * roomCount) / nodeCount)).toBe(capacity);
    const view = viewOf(numbered(nodeCount));
    const before = spread(view, roomCount, capacity);
    const loads = [...before.loads.values()];
    const third = view.node("node-3")!;
    view.markGone("node-3", 1);
    const after = spread(view, roomCount, capacity);

    expect({ ...before.counts, full: loads.filter((load) => load === capacity).length }).toEqual({
      displaced,
      probes,
      full,
    });
    expect(Math.max(...loads)).toBe(most);
    expect(before.loads.get(third)).toBe(onThird);
    expect(before.placed.filter((node, i) => node !== after.placed[i]).length).toBe(moved);
  },
);

function spread(
  view: ClusterView,
  roomCount: number,
  capacity: number,
): {
  readonly placed: readonly NodeRecord[];
  readonly loads: ReadonlyMap<NodeRecord, number>;
  readonly counts: { readonly displaced: number; readonly probes: number };
} {
  const loads = new Map<NodeRecord, number>();
  const placed: NodeRecord[] = [];
  let displaced = 0;
  let probes = 0;
  for (let i = 0; i < roomCount; i++) {
    const roomId = `room-${i}`;
    const fits = (node: NodeRecord): boolean => (loads.get(node) ?? 0) < capacity;
    const node = firstFitting(roomId, view.serving, fits)!;
    const passed = outrankedBy(roomId, view.serving, node);
    if (passed > 0) displaced++;
    probes += 1 + passed;
    loads.set(node, (loads.get(node) ?? 0) + 1);
    placed.push(node);
  }
  return { placed, loads, counts: { displaced, probes } };
}

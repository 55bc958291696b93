// The hash and what it spreads: scores, rings, and loads of nodes.

import murmurHash3 from "murmurhash3js-revisited";
import { ringOf } from "../../core/placement/by-ring.ts";
import { homeOf } from "../../core/placement/ranking.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { meanOf, namedNodes, relativeSpread, roomSizes, viewOf } from "./rooms.ts";
import { type Measured, type Target, parameterOf } from "./target.ts";

const CIRCLE = 0x1_0000_0000;

/** The library that defines the score, over every length and seed of the author's own test. */
export function smhasherVerification(): Measured {
  const results = new Uint8Array(4 * 256);
  const view = new DataView(results.buffer);
  for (let length = 0; length < 256; length++) {
    const key = Uint8Array.from({ length }, (_, i) => i);
    view.setUint32(4 * length, murmurHash3.x86.hash32(key, 256 - length), true);
  }
  const hex = murmurHash3.x86.hash32(results, 0).toString(16).padStart(8, "0");
  return { values: { u32_hex: `0x${hex}` }, by: "computation" };
}

/** Points that are drawn in all, and rings: enough to know quantiles of a share to 1 % or better. */
const RING_POINTS = 2_000_000;
const RINGS_MIN = 6;

/** The shares of 1,000 nodes on rings as our ring policy builds them. */
export function ringShares(target: Target): Measured {
  const nodeCount = parameterOf(target, "buckets");
  const points = parameterOf(target, "points_per_bucket");
  const rings = Math.max(RINGS_MIN, Math.ceil(RING_POINTS / (nodeCount * points)));
  const shares: number[] = [];
  for (let ring = 0; ring < rings; ring++) shares.push(...sharesOn(nodeCount, points, `r${ring}`));
  shares.sort((a, b) => a - b);
  const quantile = (q: number): number => shares[Math.floor(q * shares.length)];
  return {
    values: { std_error: relativeSpread(shares), ci99: [quantile(0.005), quantile(0.995)] },
    by: "simulation",
  };
}

/** Each node's part of the circle, in units of the mean. A point owns the arc before it. */
function sharesOn(nodeCount: number, points: number, prefix: string): Float64Array {
  const ring = ringOf(namedNodes(nodeCount, prefix), points);
  const shares = new Float64Array(nodeCount);
  let before = ring[ring.length - 1].position - CIRCLE;
  for (const { position, node } of ring) {
    shares[node.index] += ((position - before) * nodeCount) / CIRCLE;
    before = position;
  }
  return shares;
}

function countsByHome(
  roomCount: number,
  nodeCount: number,
  sizeOf: (room: number) => number,
): number[] {
  const view = viewOf(nodeCount);
  const counts = new Array<number>(nodeCount).fill(0);
  for (let room = 0; room < roomCount; room++) {
    const home = homeOf(`room-${room}`, view);
    if (home !== undefined) counts[home.index] += sizeOf(room);
  }
  return counts;
}

export function maxLoad(target: Target): Measured {
  const counts = countsByHome(parameterOf(target, "m"), parameterOf(target, "n"), () => 1);
  return { values: { mean: Math.max(...counts) / meanOf(counts) }, by: "simulation" };
}

/** Size tables that are averaged over: the spread among 59 nodes is itself uncertain by a tenth. */
const LOAD_SEEDS = 10;

export function loadSpread(target: Target): Measured {
  const drawSize = roomSizes(target.id.split(".")[2]);
  const spreads: number[] = [];
  for (let seed = 1; seed <= LOAD_SEEDS; seed++) {
    const stream = randomStream(seed, "size");
    const loads = countsByHome(parameterOf(target, "m"), parameterOf(target, "n"), () =>
      drawSize(stream),
    );
    spreads.push(relativeSpread(loads));
  }
  const spread = meanOf(spreads);
  return { values: { load_cv: spread, headroom_for_3sigma: 3 * spread }, by: "simulation" };
}

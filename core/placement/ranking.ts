// Rendezvous ranking: every node is scored for a room, the highest score wins.
//
// The order is a function of names alone, so everybody who knows the same nodes agrees on it
// without asking, and a node that comes or goes moves only the rooms that it wins or had won. The
// winner among serving nodes is the room's home. Mostly the first that fits is wanted, not an order:
// that is one pass for a maximum, and nothing is sorted.

import { RoomKey } from "../hash.ts";
import type { ClusterView, NodeRecord } from "../cluster-view.ts";

// One room at a time is ranked, within one call: the key and the scores never leave it.
const key = new RoomKey("");
let scores = new Float64Array(64);

/** The directory of a room: the highest-ranked serving node, of any region. */
export function homeOf(roomId: string, view: ClusterView): NodeRecord | undefined {
  return winnerOf(roomId, view.serving);
}

/**
 * Who was the room's home among `formerMembers` (an earlier `view.serving`) and can still be asked
 * what it knew: not gone, and not the home of today.
 */
export function previousHomeOf(
  roomId: string,
  view: ClusterView,
  formerMembers: readonly NodeRecord[],
): NodeRecord | undefined {
  const former = winnerOf(roomId, formerMembers);
  if (former === undefined || former.state === "gone") return undefined;
  return former === homeOf(roomId, view) ? undefined : former;
}

/** The highest-ranked of `nodes`. Ties, one in 2^32 pairs, go to the lesser node id. */
export function winnerOf(roomId: string, nodes: readonly NodeRecord[]): NodeRecord | undefined {
  key.set(roomId);
  let winner: NodeRecord | undefined;
  let best = -1;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    const score = node.prefix.score(key);
    if (score < best) continue;
    if (score > best || node.nodeId < winner!.nodeId) winner = node; // best > -1: there is one.
    best = score;
  }
  return winner;
}

/**
 * The first in rank order that `fits`, preferring by `tierOf` (a higher tier comes before a higher
 * score; see `regionTier`).
 */
export function firstFitting(
  roomId: string,
  nodes: readonly NodeRecord[],
  fits: (node: NodeRecord) => boolean,
  tierOf: (node: NodeRecord) => number = sameTier,
): NodeRecord | undefined {
  key.set(roomId);
  let first: NodeRecord | undefined;
  let firstTier = 0;
  let firstScore = 0;
  for (const node of nodes) {
    if (!fits(node)) continue;
    const tier = tierOf(node);
    if (first !== undefined && tier < firstTier) continue;
    const score = node.prefix.score(key);
    if (first !== undefined && !outranks(tier, score, node, firstTier, firstScore, first)) continue;
    first = node;
    firstTier = tier;
    firstScore = score;
  }
  return first;
}

/** How many of `nodes` rank before `node`, hence how often a walk in rank order would be refused. */
export function outrankedBy(
  roomId: string,
  nodes: readonly NodeRecord[],
  node: NodeRecord,
  tierOf: (node: NodeRecord) => number = sameTier,
): number {
  key.set(roomId);
  const tier = tierOf(node);
  const score = node.prefix.score(key);
  let count = 0;
  for (const other of nodes) {
    if (other === node) continue;
    if (outranks(tierOf(other), other.prefix.score(key), other, tier, score, node)) count++;
  }
  return count;
}

/**
 * All serving nodes in rank order into `out`, whose length becomes their number, which is returned.
 * With `preferRegion` the nodes of that region come first.
 */
export function rankedInto(
  roomId: string,
  view: ClusterView,
  out: NodeRecord[],
  preferRegion?: string,
): number {
  const tierOf = preferRegion === undefined ? sameTier : regionTier(preferRegion);
  const nodes = view.serving;
  key.set(roomId);
  out.length = nodes.length;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node.index >= scores.length) scores = grown(scores, node.index);
    scores[node.index] = node.prefix.score(key);
    out[i] = node;
  }
  const tableOfScores = scores;
  out.sort((a, b) =>
    outranks(tierOf(a), tableOfScores[a.index], a, tierOf(b), tableOfScores[b.index], b) ? -1 : 1,
  );
  return nodes.length;
}

/** Own region first, then any. */
export function regionTier(region: string): (node: NodeRecord) => number {
  return (node) => (node.region === region ? 1 : 0);
}

function sameTier(): number {
  return 0;
}

function outranks(
  tier: number,
  score: number,
  node: NodeRecord,
  otherTier: number,
  otherScore: number,
  other: NodeRecord,
): boolean {
  if (tier !== otherTier) return tier > otherTier;
  if (score !== otherScore) return score > otherScore;
  return node.nodeId < other.nodeId;
}

function grown(column: Float64Array, index: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(Math.max(index + 1, column.length * 2));
  longer.set(column);
  return longer;
}

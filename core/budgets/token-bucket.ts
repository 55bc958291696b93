// Token buckets as one timestamp each.
//
// GCRA: the state of a bucket is the instant at which it will be full again (`tat`, theoretical
// arrival time, ITU-T I.371), so there is no refill to schedule and 100,000 connections keep their
// buckets in one Float64Array. 0 is a full bucket for every clock that starts at 0 or later, which is
// what a new Float64Array holds. Refill is continuous, depth is whole tokens (SPEC TB1, TB2).
//
// What may pass is asked first (`canTake`) and taken later (`afterTake`), because a message must be
// paid for by its connection, its room and its node, all or none: a refused parent that has already
// eaten the child's token would punish the child twice (SPEC TB3).

import { assert } from "../assert.ts";

/** Slack for rounding, ms: 1 µs. It never adds up, so it never lets one more token through. */
const ROUNDING_MS = 1e-3;

export interface BucketShape {
  /** Depth, tokens: the burst a full bucket lets through. A whole number, 1 or more. */
  readonly depth: number;
  /** Tokens that only critical messages may draw, 0 ≤ reserve < depth. */
  readonly reserveTokens: number;
  /** ms per token; 0 when the rate is Infinity, and then everything up to the depth passes. */
  readonly msPerToken: number;
  /** How far `tat` may lie ahead of now after a take, ms: for critical messages and for the others. */
  readonly criticalAheadMs: number;
  readonly plainAheadMs: number;
}

export function bucketShape(perSec: number, depth: number, reserveTokens: number): BucketShape {
  assert(perSec > 0, "a bucket refills at a rate above 0", perSec);
  assert(Number.isInteger(depth) && depth >= 1, "depth is whole tokens, 1 or more", depth);
  assert(reserveTokens >= 0 && reserveTokens < depth, "the reserve is below depth", reserveTokens);
  const msPerToken = 1000 / perSec;
  return {
    depth,
    reserveTokens,
    msPerToken,
    criticalAheadMs: depth * msPerToken + ROUNDING_MS,
    plainAheadMs: (depth - reserveTokens) * msPerToken + ROUNDING_MS,
  };
}

/**
 * Whether `cost` tokens can be drawn now. Others than critical may only draw while the reserve stays
 * whole. A cost above what the class may ever draw never passes: charge `chargeOf` where a cost is
 * given by the world, as the size of a room is.
 */
export function canTake(
  tatMs: number,
  shape: BucketShape,
  cost: number,
  nowMs: number,
  critical: boolean,
): boolean {
  if (cost > shape.depth) return false; // Said aloud, since an endless rate makes every cost free.
  const fromMs = tatMs > nowMs ? tatMs : nowMs;
  const aheadMs = critical ? shape.criticalAheadMs : shape.plainAheadMs;
  return fromMs - nowMs + cost * shape.msPerToken <= aheadMs;
}

/** The state after `cost` tokens were drawn at `nowMs`, asked for or not. */
export function afterTake(tatMs: number, shape: BucketShape, cost: number, nowMs: number): number {
  return (tatMs > nowMs ? tatMs : nowMs) + cost * shape.msPerToken;
}

/** How long until `cost` can be drawn, ms: 0 when it can be now, Infinity when it never can. */
export function retryAfterMs(
  tatMs: number,
  shape: BucketShape,
  cost: number,
  nowMs: number,
  critical: boolean,
): number {
  if (canTake(tatMs, shape, cost, nowMs, critical)) return 0;
  const aheadMs = critical ? shape.criticalAheadMs : shape.plainAheadMs;
  const costMs = cost * shape.msPerToken;
  if (cost > shape.depth || costMs > aheadMs) return Infinity;
  // A refusal means that tat lies ahead of now. The slack is not spent on the answer, so that
  // whoever comes back at that instant passes, however the sum was rounded.
  return Math.max(tatMs + costMs - (aheadMs - ROUNDING_MS) - nowMs, 0);
}

/** Tokens in the bucket, reserve included; fractions while it refills. */
export function tokensAt(tatMs: number, shape: BucketShape, nowMs: number): number {
  if (shape.msPerToken === 0 || tatMs <= nowMs) return shape.depth;
  return shape.depth - (tatMs - nowMs) / shape.msPerToken;
}

/**
 * What to charge for `cost`, at most what the class may ever draw. An update in a room of 5,000
 * costs 4,999 deliveries; with a depth of 4,000 it would be refused for ever, so it takes a full
 * bucket instead, and the room speaks as rarely as it can pay for (SPEC TB5).
 */
export function chargeOf(shape: BucketShape, cost: number, critical: boolean): number {
  const most = critical ? shape.depth : shape.depth - shape.reserveTokens;
  return cost < most ? cost : most;
}

/** One bucket that keeps its own state. For few of them; for columns use the functions above. */
export class TokenBucket {
  readonly shape: BucketShape;
  #tatMs = 0;
  #lastMs = 0;

  constructor(shape: BucketShape) {
    this.shape = shape;
  }

  /** Draws `cost` tokens if it can, else changes nothing. */
  tryTake(cost: number, nowMs: number, critical = false): boolean {
    assert(nowMs >= this.#lastMs, "time never goes back", nowMs);
    this.#lastMs = nowMs;
    if (!canTake(this.#tatMs, this.shape, cost, nowMs, critical)) return false;
    this.#tatMs = afterTake(this.#tatMs, this.shape, cost, nowMs);
    return true;
  }

  /** Time until `cost` can be drawn, ms; Infinity when it never can. */
  retryAfterMs(cost: number, nowMs: number, critical = false): number {
    return retryAfterMs(this.#tatMs, this.shape, cost, nowMs, critical);
  }

  tokensAt(nowMs: number): number {
    return tokensAt(this.#tatMs, this.shape, nowMs);
  }
}

export interface BudgetShapes {
  readonly connection: BucketShape;
  readonly room: BucketShape;
  readonly node: BucketShape;
}

/** Who could not pay. */
export type BudgetScope = "connection" | "room" | "node";

/** The slip that goes in and out of `takeAll`: one per node, used again for every message. */
export class BudgetTake {
  /** In: the three states. Out: the states to write back; unchanged when refused. */
  connectionTatMs = 0;
  roomTatMs = 0;
  nodeTatMs = 0;
  /** Out, when refused: the innermost scope that could not pay, and when all three could, in ms. */
  refusedBy: BudgetScope | undefined = undefined;
  retryAfterMs = 0;
}

/**
 * Takes `sends` tokens of the connection and `deliveries` tokens of its room and its node, all or
 * none. A room or node charges at most what it can ever pay (`chargeOf`).
 */
export function takeAll(
  take: BudgetTake,
  shapes: BudgetShapes,
  sends: number,
  deliveries: number,
  nowMs: number,
  critical: boolean,
): boolean {
  const { connection, room, node } = shapes;
  const roomCost = chargeOf(room, deliveries, critical);
  const nodeCost = chargeOf(node, deliveries, critical);
  const connectionPays = canTake(take.connectionTatMs, connection, sends, nowMs, critical);
  const roomPays = canTake(take.roomTatMs, room, roomCost, nowMs, critical);
  const nodePays = canTake(take.nodeTatMs, node, nodeCost, nowMs, critical);
  if (connectionPays && roomPays && nodePays) {
    take.connectionTatMs = afterTake(take.connectionTatMs, connection, sends, nowMs);
    take.roomTatMs = afterTake(take.roomTatMs, room, roomCost, nowMs);
    take.nodeTatMs = afterTake(take.nodeTatMs, node, nodeCost, nowMs);
    take.refusedBy = undefined;
    take.retryAfterMs = 0;
    return true;
  }
  take.refusedBy = !connectionPays ? "connection" : !roomPays ? "room" : "node";
  take.retryAfterMs = Math.max(
    retryAfterMs(take.connectionTatMs, connection, sends, nowMs, critical),
    retryAfterMs(take.roomTatMs, room, roomCost, nowMs, critical),
    retryAfterMs(take.nodeTatMs, node, nodeCost, nowMs, critical),
  );
  return false;
}

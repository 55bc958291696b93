// The rules by which a home assigns a new room to a node.
//
// A room is placed when its first member arrives, before its size shows. So ours bounds what nodes
// have promised (committed load: reserved sizes count), not what they carry now, and it keeps the
// places between the soft limit and maxConnections for rooms that already live there. Cited: on 100K
// clients, a bound on current load still refused 0.17 % of joiners of live rooms, one on committed
// load none (placement study, DESIGN.md). The other two rules are here to be compared with.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { firstFitting } from "./ranking.ts";

/** What is to be assigned. */
export interface AssignmentQuestion {
  readonly roomId: string;
  readonly expectedSize: number;
  /** Whether the room has members already: it may then use the places above the soft limit. */
  readonly isLive: boolean;
  /** Nodes that may not be named. */
  readonly except: (node: NodeRecord) => boolean;
  /** Preference before rank: see `assignmentTier`. */
  readonly tierOf: (node: NodeRecord) => number;
}

export interface AssignmentRule {
  /** The first node in rank order that the rule allows; undefined when there is none. */
  choose(question: AssignmentQuestion, view: ClusterView): NodeRecord | undefined;
  /** Whether a room whose host is full gets a second one. If not, its joiners are refused. */
  readonly allowsSecondHost: boolean;
}

/**
 * The share of a node's soft limit that one room may reserve in advance. Cited: rooms above a quarter
 * of a node should be spread on purpose; this one is given what is there and grows by a second host.
 */
const RESERVE_MAX_SHARE = 0.25;

/** Connections to reserve for a room, between 1 and a quarter of what new rooms may fill of the node. */
export function reserveFor(expectedSize: number, softLimit: number): number {
  return Math.max(1, Math.min(expectedSize, Math.floor(softLimit * RESERVE_MAX_SHARE)));
}

/**
 * `directory`: committed load under the soft limit, in rank order. A live room that no node can take so
 * may use the places above it, since it would otherwise be lost.
 */
export const boundedByCommittedLoad: AssignmentRule = {
  allowsSecondHost: true,
  choose(question, view) {
    const fits = (node: NodeRecord): boolean =>
      committedAfter(node, question) <= node.softLimit && !question.except(node);
    const node = firstFitting(question.roomId, view.serving, fits, question.tierOf);
    if (node !== undefined || !question.isLive) return node;
    const hasPlace = (other: NodeRecord): boolean =>
      loadOf(other) < other.maxConnections && !question.except(other);
    return firstFitting(question.roomId, view.serving, hasPlace, question.tierOf);
  },
};

function committedAfter(node: NodeRecord, question: AssignmentQuestion): number {
  const reserve = reserveFor(question.expectedSize, node.softLimit);
  return node.committedLoad + node.recentAssignments + reserve;
}

/** Cited: Mirrokni, Thorup, Zadimoghaddam, arXiv:1608.01350; 1.25 is also the default of brpc and liblb. */
const BOUND_OVER_MEAN = 1.25;

/** `bounded`: current load at most 1.25 times the mean, in rank order, as bounded-load hashing has it. */
export const boundedByMean: AssignmentRule = {
  allowsSecondHost: true,
  choose(question, view) {
    const bound = boundOf(view);
    const fits = (node: NodeRecord): boolean =>
      loadOf(node) < Math.min(bound, node.maxConnections) && !question.except(node);
    return firstFitting(question.roomId, view.serving, fits, question.tierOf);
  },
};

function boundOf(view: ClusterView): number {
  let sum = 1; // The joiner who is being placed counts.
  for (const node of view.serving) sum += loadOf(node);
  return Math.ceil((BOUND_OVER_MEAN * sum) / view.serving.length);
}

function loadOf(node: NodeRecord): number {
  return node.activeConnections + node.recentAssignments;
}

/** `sticky-registry`: the first choice that is not full; and a full host refuses, as LiveKit's does. */
export const firstChoice: AssignmentRule = {
  allowsSecondHost: false,
  choose(question, view) {
    const fits = (node: NodeRecord): boolean =>
      loadOf(node) < node.maxConnections && !question.except(node);
    return firstFitting(question.roomId, view.serving, fits, question.tierOf);
  },
};

/**
 * Own region first; within it, the newest release first, so that a rolling restart moves each room
 * to where it can stay.
 */
export function assignmentTier(region: string, view: ClusterView): (node: NodeRecord) => number {
  let newest = 0;
  for (const node of view.serving) newest = Math.max(newest, node.generation);
  return (node) => (node.region === region ? 2 : 0) + (node.generation === newest ? 1 : 0);
}

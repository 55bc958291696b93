// How an edge chooses the node that it asks to take a joiner.
//
// Policies are interchangeable so that they can be compared on the same storm. Those that use a
// directory differ only in the rule by which a room's home assigns it (assignment.ts): their edges
// all follow a host they know, and otherwise ask the home. The others decide here, alone, from a
// view that may be stale, as load balancers do.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import {
  boundedByCommittedLoad,
  boundedByMean,
  firstChoice,
  type AssignmentRule,
} from "./assignment.ts";
import { directoryPolicy } from "./by-directory.ts";
import { randomPolicy } from "./by-draw.ts";
import { leastLoadedPolicy } from "./by-least-load.ts";
import { rendezvousPolicy } from "./by-rendezvous.ts";
import { ringPolicy } from "./by-ring.ts";

export interface PlacementRequest {
  readonly roomId: string;
  /** Region of the edge that asks. */
  readonly region: string;
  /** Size the room was booked for, participants; 0 when unknown. */
  readonly expectedSize: number;
  readonly nowMs: number;
  /** Nodes that already refused this joiner, in order. */
  readonly refused: readonly NodeRecord[];
  /** The host that the edge already knows for this live room. */
  readonly knownHost: NodeRecord | undefined;
  /** A random number in [0, 1); only the policy `random` needs it. */
  readonly draw?: number;
}

export type PlacementVerdict =
  | { readonly node: NodeRecord; readonly as: "home" | "host" | "candidate" }
  | { readonly node: undefined; readonly reason: "No capacity available" };

export interface PlacementPolicy {
  readonly name: PolicyName;
  /** Whether nodes keep the home directory and refuse to found rooms they were not assigned. */
  readonly usesDirectory: boolean;
  /** What the home goes by when it assigns a room; undefined without a directory. */
  readonly assignment: AssignmentRule | undefined;
  place(request: PlacementRequest, view: ClusterView): PlacementVerdict;
}

export const POLICY_NAMES = [
  "directory",
  "rendezvous",
  "sticky-registry",
  "bounded",
  "ring",
  "least-loaded",
  "random",
] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/**
 * A new policy, for one edge: `ring` remembers the ring it built.
 *
 * @throws Error when no policy has that name.
 */
export function policyByName(name: string): PlacementPolicy {
  switch (name) {
    case "directory":
      return directoryPolicy("directory", boundedByCommittedLoad);
    case "sticky-registry":
      return directoryPolicy("sticky-registry", firstChoice);
    case "bounded":
      return directoryPolicy("bounded", boundedByMean);
    case "rendezvous":
      return rendezvousPolicy();
    case "ring":
      return ringPolicy();
    case "least-loaded":
      return leastLoadedPolicy();
    case "random":
      return randomPolicy();
    default:
      throw new Error(`Placement policy must be one of ${POLICY_NAMES.join(", ")}, got "${name}".`);
  }
}

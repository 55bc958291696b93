// A policy as it stands in a recording: its values, and the placement policy by name.

import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import { policyByName } from "../../core/placement/policy.ts";

export type WrittenPolicy = Readonly<Record<string, unknown>>;

export function writtenPolicy(policy: EdgePolicy | NodePolicy): WrittenPolicy {
  return { ...policy, placement: policy.placement.name };
}

/** Throws when its placement policy is not known here. */
export function readEdgePolicy(policy: WrittenPolicy): EdgePolicy {
  return { ...policy, placement: policyByName(String(policy["placement"])) } as EdgePolicy;
}

/** Throws when its placement policy is not known here. */
export function readNodePolicy(policy: WrittenPolicy): NodePolicy {
  return { ...policy, placement: policyByName(String(policy["placement"])) } as NodePolicy;
}

// The public face of core: what drivers, the simulator and other programs may rely on.

export { ClusterView, NodeRecord, type NodeBeat, type NodeState } from "./cluster-view.ts";
export { murmur32, NodePrefix, roomKey, RoomKey } from "./hash.ts";
export { reserveFor, type AssignmentRule } from "./placement/assignment.ts";
export { CommittedLoad, RESERVE_MS } from "./placement/committed-load.ts";
export { RoomDirectory, type HomeRequest, type HomeVerdict } from "./placement/directory.ts";
export { policyByName, POLICY_NAMES, type PlacementPolicy } from "./placement/policy.ts";
export { homeOf, previousHomeOf, rankedInto } from "./placement/ranking.ts";
export { ReannouncementPlan, type Announcement } from "./placement/reannouncement.ts";
export { Admission, ADMISSION_LIMITS, spreadMs, type AdmissionLimits } from "./admission.ts";
export * from "./budgets/token-bucket.ts";
export {
  FanoutScheduler,
  type EnqueueResult,
  type FanoutLimits,
} from "./budgets/fanout-scheduler.ts";
export { OutboundQueue, OUTBOUND_LIMITS, type OutboundLimits } from "./budgets/outbound-queue.ts";
export * from "./client/peer-policies.ts";
export * from "./client/reconnect-policy.ts";
export { RetryBudget, RETRY_BUDGET, type RetryBudgetShape } from "./client/retry-budget.ts";
export * from "./protocol/codec.ts";
export { FrameError } from "./protocol/frame-error.ts";
export { clientFrameBytes, participantBytes, serverFrameBytes } from "./protocol/sizes.ts";
export { isImpolite, Negotiation, SFU_PEER } from "./negotiation.ts";
export * from "./ice.ts";

// The conditions of an HPA's status: what `kubectl describe` shows, and what monitoring reads.
//
// Within one reconcile a later word replaces an earlier one. The time of a condition is when it turned, not when its
// reason changed.

export type ConditionType = "AbleToScale" | "ScalingActive" | "ScalingLimited" | "ScaledToZero";

export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly changedAtMs: number;
}

export type Conditions = readonly Condition[];

/** `conditions` in which `type` says this; a new one goes last. */
export function withCondition(
  conditions: Conditions,
  said: Omit<Condition, "changedAtMs">,
  nowMs: number,
): Conditions {
  const index = conditions.findIndex(({ type }) => type === said.type);
  if (index < 0) return [...conditions, { ...said, changedAtMs: nowMs }];
  const before = conditions[index];
  const changedAtMs = before.status === said.status ? before.changedAtMs : nowMs;
  return conditions.with(index, { ...said, changedAtMs });
}

export function withoutCondition(conditions: Conditions, type: ConditionType): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}

export function isTrue(conditions: Conditions, type: ConditionType): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

// What differs between releases of Kubernetes, and what an operator of the controller manager can set.
//
// A release is a row of switches, so that a rule asks for the switch and never for the release. What changed before 1.32
// is not modelled: pods that miss a container's metric count as missing, missing pods count with at least 100 % of their
// request on the way down, and a status of 0 replicas reports an average of 0, in every release here. The release of
// the last is assumed; it changes what is reported, never a replica count.

export const KUBERNETES_VERSIONS = ["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"] as const;
export type KubernetesVersion = (typeof KUBERNETES_VERSIONS)[number];

/** Feature gates that change a decision. */
export interface Gates {
  /** A tolerance per HPA and direction: alpha 1.33, beta and on from 1.35, stable 1.37. */
  readonly configurableTolerance: boolean;
  /** minReplicas 0: alpha since 1.16, beta and on planned for 1.37. */
  readonly scaleToZero: boolean;
  /** Requests of whole pods: read by the controller from 1.34, where the gate is beta and on. */
  readonly podLevelResources: boolean;
}

/** Rules that a release has once and for all. */
export interface ReleaseRules {
  /** |1 − ratio| ≤ tolerance, or 1 − down ≤ ratio ≤ 1 + up. They differ at a ratio of exactly 1.1. */
  readonly toleranceForm: "distance" | "band";
  /** Whether pods that have succeeded are ignored as failed ones are, or count as ready or missing. */
  readonly ignoresSucceededPods: boolean;
  /** Whether 0 replicas count as this autoscaler's own doing only with the condition ScaledToZero. */
  readonly keepsScaledToZero: boolean;
  /** Whether a write conflict on the scale is tried again at once. */
  readonly retriesConflicts: boolean;
  /** Whether a new or edited HPA is reconciled at once, or one sync period later. For whoever calls the controller. */
  readonly reconcilesAtOnce: boolean;
  /** What an AverageValue of an Object or External metric within tolerance proposes: a known bug, not yet mended. */
  readonly averageWithinTolerance: "status" | "spec";
}

interface Release {
  readonly rules: ReleaseRules;
  readonly gates: Gates;
  /** Gates that the release knows; the others are off whatever is asked for. */
  readonly known: readonly (keyof Gates)[];
}

const OLDEST: ReleaseRules = {
  toleranceForm: "distance",
  ignoresSucceededPods: false,
  keepsScaledToZero: false,
  retriesConflicts: false,
  reconcilesAtOnce: false,
  averageWithinTolerance: "status",
};
const BANDED: ReleaseRules = { ...OLDEST, toleranceForm: "band" };
const NEWEST: ReleaseRules = {
  ...BANDED,
  ignoresSucceededPods: true,
  keepsScaledToZero: true,
  retriesConflicts: true,
  reconcilesAtOnce: true,
};
const OFF: Gates = { configurableTolerance: false, scaleToZero: false, podLevelResources: false };
const PODS: Gates = { ...OFF, podLevelResources: true };
const TOLERANT: Gates = { ...PODS, configurableTolerance: true };

/** Cited: KEP-4951, KEP-2021, KEP-2837, and the controller's sources of about 1.32, after 1.33, and of the 1.37 line. */
const RELEASES: Readonly<Record<KubernetesVersion, Release>> = {
  "1.32": { rules: OLDEST, gates: OFF, known: ["scaleToZero"] },
  "1.33": { rules: BANDED, gates: OFF, known: ["scaleToZero", "configurableTolerance"] },
  "1.34": { rules: BANDED, gates: PODS, known: allOf(OFF) },
  "1.35": { rules: BANDED, gates: TOLERANT, known: allOf(OFF) },
  "1.36": { rules: BANDED, gates: TOLERANT, known: allOf(OFF) },
  "1.37": { rules: NEWEST, gates: { ...TOLERANT, scaleToZero: true }, known: allOf(OFF) },
};

function allOf(gates: Gates): readonly (keyof Gates)[] {
  return Object.keys(gates) as (keyof Gates)[]; // The keys of a literal of this type.
}

/** Flags of the controller manager, for all HPAs of a cluster. */
export interface ControllerFlags {
  readonly syncPeriodMs: number;
  /** Ratio around 1 within which nothing changes. */
  readonly tolerance: number;
  readonly downscaleStabilizationMs: number;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
  /** Without behaviour: one reconcile goes to at most factor × replicas, or to the least. Not settable in a cluster. */
  readonly scaleUpLimitFactor: number;
  readonly scaleUpLimitLeast: number;
}

/** Cited: kube-controller-manager's defaults, and two constants of the controller. */
export const DEFAULT_FLAGS: ControllerFlags = {
  syncPeriodMs: 15_000,
  tolerance: 0.1,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
  scaleUpLimitFactor: 2,
  scaleUpLimitLeast: 4,
};

/** A release as one set of switches, with what the operator set. */
export interface ControllerRules extends ReleaseRules {
  readonly version: KubernetesVersion;
  readonly gates: Gates;
  readonly flags: ControllerFlags;
}

export interface Settings {
  readonly flags?: Partial<ControllerFlags>;
  readonly gates?: Partial<Gates>;
  /** Off the release's own: to see what a mended bug would change. */
  readonly averageWithinTolerance?: "status" | "spec";
}

export function rulesOf(version: KubernetesVersion, settings: Settings = {}): ControllerRules {
  const { rules, gates, known } = RELEASES[version];
  const asked = { ...gates, ...settings.gates };
  const isOn = (gate: keyof Gates): boolean => known.includes(gate) && asked[gate];
  return {
    ...rules,
    averageWithinTolerance: settings.averageWithinTolerance ?? rules.averageWithinTolerance,
    version,
    gates: {
      configurableTolerance: isOn("configurableTolerance"),
      scaleToZero: isOn("scaleToZero"),
      podLevelResources: isOn("podLevelResources"),
    },
    flags: { ...DEFAULT_FLAGS, ...settings.flags },
  };
}

// What `stormglass plan` found, for programs: plan.json. Plain data; absent fields are unknown.

import type { NumberUnit } from "./format.ts";

export const PLAN_VERSION = "1.0";

export type PlanVariable = "replicas" | "clients" | "joins-per-sec";

export interface PlanDocument {
  readonly schemaVersion: typeof PLAN_VERSION;
  readonly tool: { readonly name: "stormglass"; readonly version: string };
  /** Whether the search came to its end. */
  readonly complete: boolean;
  readonly command: string;
  readonly question: {
    readonly goal: "min" | "max";
    readonly variable: PlanVariable;
    readonly scenarios: readonly string[];
    readonly from: number;
    readonly to: number;
    readonly precision: number;
    readonly precisionUnit: "count" | "ratio";
  };
  /** In one sentence. */
  readonly answer: string;
  /** Holds in all scenarios, with all seeds. */
  readonly value?: number;
  readonly scenarios: readonly ScenarioPlan[];
  readonly variants: readonly VariantPlan[];
  readonly cost?: PlanCost;
  readonly assumptions: readonly string[];
  readonly trials: { readonly run: number; readonly fromJournal: number };
  readonly wall: { readonly seconds: number; readonly jobs: number };
}

export interface ScenarioPlan {
  readonly name: string;
  readonly title: string;
  /** The value as the scenario has it. */
  readonly own: number;
  readonly seeds: readonly number[];
  /** Excluded by arithmetic alone, with the reason. */
  readonly bound?: { readonly value: number; readonly why: string };
  /** The interval: the safest value that fails (or is excluded by arithmetic), and the first that holds. */
  readonly fails?: number;
  readonly holds?: number;
  readonly candidates: readonly CandidateReport[];
  /** Values that held although a safer one failed. */
  readonly odd: readonly number[];
}

export interface CandidateReport {
  readonly value: number;
  /** Seeds that were run, and those whose gated checks all hold. */
  readonly seeds: number;
  readonly held: number;
  /** Exact 95 % interval of the share of runs that hold. */
  readonly share: { readonly low: number; readonly high: number };
  /** "stopped": a run ended early. */
  readonly verdict: "pass" | "fail" | "inconclusive" | "stopped";
  /** Whether all seeds have run. */
  readonly isWhole: boolean;
  readonly checks: readonly CandidateCheck[];
  readonly clientsPerNode: number;
  readonly maxConnections: number;
  /** At most, over the seeds and the whole run. */
  readonly busiest: {
    readonly nodeCpuRatio?: number;
    readonly edgeCpuRatio?: number;
    readonly nodeMemoryBytes?: number;
    readonly edgeMemoryBytes?: number;
  };
  /** How runs ended early. */
  readonly stopped: readonly string[];
}

export interface CandidateCheck {
  readonly id: string;
  readonly title: string;
  readonly metric: string;
  readonly window: string;
  readonly op: string;
  readonly unit: NumberUnit;
  readonly limit?: number;
  /** Mean over the seeds, and of the worst seed. */
  readonly value?: number;
  readonly worst?: number;
  /** From the bad end to the limit, as a share of the limit; negative when missed. */
  readonly margin?: number;
  readonly verdict: "pass" | "fail" | "inconclusive";
  readonly severity: "fail" | "warn";
  readonly missedSeeds: number;
}

export interface VariantPlan {
  readonly lost: "node" | "zone";
  readonly when: "beginning" | "middle";
  readonly value?: number;
  /** How it was found, or why there is none. */
  readonly note: string;
  /** Absent where it was computed. */
  readonly scenarios?: readonly ScenarioPlan[];
}

export interface PlanCost {
  /** Of the answer and, where it was found, of each loss it is to survive. */
  readonly rows: readonly {
    readonly what: string;
    readonly nodes: number;
    /** One run of the longest scenario. */
    readonly nodeHoursPerRun: number;
    /** Of 730 hours. */
    readonly nodeHoursPerMonth: number;
    readonly machines: number;
    /** In the currency of the prices; absent without prices. */
    readonly moneyPerMonth?: number;
  }[];
  readonly podHourPrice?: number;
  readonly machineHourPrice?: number;
}

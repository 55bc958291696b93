// For tests: an event loop, processes that keep a log, and a section in which every time is known.

import type { Scenario } from "../../../../scenarios/schema.ts";
import { Kubernetes } from "./kubernetes.ts";
import type { PodProcesses, Timers } from "./timers.ts";

export const S = 1_000;

type Section = Scenario["kubernetes"];
type Changes = { readonly [Part in keyof Section]?: Partial<Section[Part]> };

const always = (valueMs: number) => ({ dist: "constant" as const, valueMs });

/** A pod is scheduled after 1 s, pulls for 10 s, starts for 4 s, and is probed every 2 s: ready 5 s after it is placed. */
export function sectionWith(changes: Changes = {}): Section {
  return {
    workload: {
      kind: "auto",
      maxSurgeRatio: 0.25,
      maxUnavailableRatio: 0.25,
      minReadyMs: 10 * S,
      ...changes.workload,
    },
    pods: {
      cpuRequestMilli: 500,
      schedulingMs: always(1 * S),
      imagePullMs: always(10 * S),
      startMs: always(4 * S),
      readinessDelayMs: 0,
      readinessEveryMs: 2 * S,
      drainNoticeMs: 0,
      graceMs: 90 * S,
      restartBackoffMs: 1 * S,
      ...changes.pods,
    },
    machines: {
      count: 12,
      countMax: 20,
      podsPerMachine: 4,
      provisionMs: always(90 * S),
      imagesAtStart: "everywhere",
      ...changes.machines,
    },
    disruption: { maxUnavailable: 1, ...changes.disruption },
  };
}

interface Alarm {
  readonly atMs: number;
  readonly order: number;
  readonly step: number;
  readonly arg: number;
}

export interface BenchOptions {
  readonly kind?: "Deployment" | "StatefulSet";
  readonly replicas?: number;
  readonly zones?: number;
  readonly seed?: number;
  readonly section?: Changes;
  /** How long a process drains; Infinity: longer than any grace. ms. */
  readonly drainMs?: number;
  readonly sessions?: (slot: number) => number;
}

/** A cluster on its own clock. Processes drain for `drainMs` and keep their sessions meanwhile. */
export class Bench implements PodProcesses, Timers {
  readonly cluster: Kubernetes;
  /** "12.5 serve 3": seconds, what, slot. The beginning is not in it. */
  readonly log: string[] = [];
  readonly serving = new Set<number>();
  /** Looked at after every alarm. */
  observe: () => void = () => undefined;
  readonly #drainMs: number;
  readonly #sessions: (slot: number) => number;
  #alarms: Alarm[] = [];
  #nowMs = 0;
  #order = 0;

  constructor(options: BenchOptions = {}) {
    this.#drainMs = options.drainMs ?? 20 * S;
    this.#sessions = options.sessions ?? (() => 100);
    this.cluster = new Kubernetes(
      {
        section: sectionWith(options.section),
        workloadKind: options.kind ?? "Deployment",
        replicas: options.replicas ?? 8,
        zones: options.zones ?? 3,
        seed: options.seed ?? 7,
      },
      this,
      this,
    );
    this.cluster.begin();
    this.log.length = 0;
  }

  // ---- time ---------------------------------------------------------------------------------------

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, step: number, arg: number): void {
    if (!(ms >= 0)) throw new Error(`an alarm lies ahead, got ${ms}`);
    this.#alarms.push({ atMs: this.#nowMs + ms, order: this.#order++, step, arg });
  }

  /** All that happens up to `atMs`, that instant included. */
  runTo(atMs: number): this {
    for (;;) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms) {
        const isSooner = next === undefined || alarm.atMs < next.atMs;
        if (isSooner || (alarm.atMs === next!.atMs && alarm.order < next!.order)) next = alarm;
      }
      if (next === undefined || next.atMs > atMs) break;
      const due = next;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== due);
      this.#nowMs = due.atMs;
      if (due.step === ENDS) this.#end(due.arg);
      else this.cluster.fired(due.step, due.arg);
      this.observe();
    }
    this.#nowMs = atMs;
    return this;
  }

  // ---- processes ----------------------------------------------------------------------------------

  serve(slot: number): void {
    if (this.serving.has(slot)) throw new Error(`slot ${slot} serves twice`);
    this.serving.add(slot);
    this.#say("serve", slot);
  }

  terminate(slot: number): void {
    this.#say("terminate", slot);
    if (this.#drainMs < Infinity) this.after(this.#drainMs, ENDS, slot);
  }

  kill(slot: number): void {
    if (!this.serving.delete(slot)) throw new Error(`slot ${slot} has no process to kill`);
    this.#say("kill", slot);
  }

  load(slot: number): number {
    return this.serving.has(slot) ? this.#sessions(slot) : 0;
  }

  crash(slot: number): void {
    this.serving.delete(slot);
    this.#say("crash", slot);
    this.cluster.processCrashed(slot);
  }

  #end(slot: number): void {
    if (!this.serving.delete(slot)) return; // Killed before its drain was over.
    this.#say("end", slot);
    this.cluster.processEnded(slot);
  }

  #say(what: string, slot: number): void {
    this.log.push(`${this.#nowMs / S} ${what} ${slot}`);
  }

  // ---- what there is ------------------------------------------------------------------------------

  /** Slots with a pod that is not terminating. */
  get slots(): readonly number[] {
    const slots = Array.from({ length: this.cluster.slotCount }, (_, slot) => slot);
    return slots.filter((slot) => this.cluster.podOfSlot(slot)?.isDeleted === false);
  }

  get availableCount(): number {
    return this.slots.filter((slot) => this.cluster.podOfSlot(slot)!.isAvailable).length;
  }

  /** How many of the pods that are not terminating have this revision. */
  countOf(revision: number): number {
    return this.slots.filter((slot) => this.cluster.podOfSlot(slot)!.revision === revision).length;
  }
}

/** A step of the bench's own. */
const ENDS = -1;

// metrics-server: CPU of pods as the use between its last two looks.
//
// It looks at everything at once, on a period and phase of its own, and keeps two looks: a pod has a usage from the
// second on, and none after its process began anew. It reports CPU alone here; memory of a node does not follow load
// quickly enough for anybody to scale on it.

import { randomStream } from "../../../engine/random.ts";
import type { PodUsage } from "../hpa/reading.ts";
import { type Exposition, type SlotPod, type Slots, Step, type Timers } from "./exposition.ts";

interface Look {
  readonly pod: SlotPod;
  readonly cpuMs: number;
  readonly atMs: number;
}

export interface MetricsServerOptions {
  readonly everyMs: number;
  readonly seed: number;
}

type Looks = ReadonlyMap<string, Look>;

export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #slots: Slots;
  readonly #exposition: Exposition;
  readonly #timers: Timers;
  /** By pod name. */
  #before: Looks;
  #last: Looks;

  constructor(options: MetricsServerOptions, slots: Slots, exposition: Exposition, timers: Timers) {
    this.#options = options;
    this.#slots = slots;
    this.#exposition = exposition;
    this.#timers = timers;
    this.#before = new Map();
    this.#last = new Map();
  }

  /** Pods that are there have been idle for two periods. */
  begin(): void {
    const { seed, everyMs } = this.#options;
    const inMs = randomStream(seed, "kubernetes metrics-server").nextUnit() * everyMs;
    const nowMs = this.#timers.nowMs();
    this.#before = this.#look(nowMs + inMs - 2 * everyMs);
    this.#last = this.#look(nowMs + inMs - everyMs);
    this.#timers.after(inMs, Step.measureCpu, 0);
  }

  measured(): void {
    this.#before = this.#last;
    this.#last = this.#look(this.#timers.nowMs());
    this.#timers.after(this.#options.everyMs, Step.measureCpu, 0);
  }

  #look(atMs: number): Looks {
    const looks = new Map<string, Look>();
    for (let slot = 0; slot < this.#slots.slotCount; slot++) {
      const pod = this.#slots.podOfSlot(slot);
      const cpuMs = this.#exposition.podCpuMs(slot);
      if (pod !== undefined && cpuMs !== undefined) looks.set(pod.name, { pod, cpuMs, atMs });
    }
    return looks;
  }

  /** Of one pod, its use on `container`; undefined while it has none. */
  usageOf(pod: string, container: string): PodUsage | undefined {
    const last = this.#last.get(pod);
    const before = this.#before.get(pod);
    if (last === undefined || before === undefined) return undefined;
    if (last.pod !== before.pod || last.cpuMs < before.cpuMs) return undefined; // Another process.
    const windowMs = last.atMs - before.atMs;
    const cores = (last.cpuMs - before.cpuMs) / windowMs;
    const milli = BigInt(Math.ceil(Math.trunc(cores * 1e9) / 1e6)); // Reported in billionths; a quantity's thousandths round up.
    return { pod, atMs: last.atMs, windowMs, containersMilli: new Map([[container, milli]]) };
  }
}

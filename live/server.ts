// A running server: the machines of its role, the ways between them, and what watches them. Composition, no decisions.
//
// Bus, node, edge, then doors: what listens is complete. Down the other way: doors, machines, then the bus, which is drained so that
// the last word of a node is heard.

import { type Clock, processClock } from "./clock.ts";
import { openBuses, type Buses } from "./buses.ts";
import { clusterSecretsOf } from "./credentials.ts";
import { Departure, type DepartureResult } from "./departure.ts";
import type { MemoryHub } from "./bus/memory-bus.ts";
import type { Making } from "./making.ts";
import type { AdminActions } from "./operations/admin-server.ts";
import type { Log } from "./operations/log.ts";
import type { Phase } from "./operations/sources.ts";
import type { Recorder } from "./recording/index.ts";
import { type RunningEdge, startEdge } from "./server-edge.ts";
import { openNode, type RunningNode } from "./server-node.ts";
import { type RunningOperations, startOperations } from "./server-operations.ts";
import type { Settings } from "./settings-schema.ts";
import { blaming } from "./start-error.ts";

/** Assumed: a turn of the event loop does; a machine that needs longer is better told by its health. */
const ACQUAINTED_WITHIN_MS = 1_000;

export interface ServerOptions {
  readonly log: Log;
  readonly clock?: Clock;
  /** Of stormglass: stands in recordings and logs. */
  readonly version?: string;
}

export interface RunningServer {
  readonly settings: Settings;
  readonly edge: RunningEdge | undefined;
  readonly node: RunningNode | undefined;
  readonly operationsPort: number;
  /** Without a token there is no admin API. */
  readonly adminPort: number | undefined;
  /** The bus within the process. */
  readonly hub: MemoryHub;
  readonly recorder: Recorder | undefined;
  readonly phase: Phase;
  /** Sends the clients on and stops; "cancelled" when it was called back, and everything goes on. */
  drain(withinMs?: number): Promise<DepartureResult>;
  /** False when it is not draining. */
  cancelDrain(): boolean;
  /** At once; whoever is connected is cut off. */
  stop(): Promise<void>;
  /** Resolves when it has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
}

/** @throws StartError when something that it needs cannot be had; nothing is left running then. */
export async function startServer(
  settings: Settings,
  { log, clock = processClock, version = "unknown" }: ServerOptions,
): Promise<RunningServer> {
  const running = new LiveServer(settings, clock, log);
  try {
    await running.start(version);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

class LiveServer implements RunningServer {
  readonly settings: Settings;
  readonly stopped: Promise<void>;
  edge: RunningEdge | undefined;
  node: RunningNode | undefined;
  recorder: Recorder | undefined;
  phase: Phase = "starting";
  readonly #clock: Clock;
  readonly #log: Log;
  #buses: Buses | undefined;
  #operations: RunningOperations | undefined;
  #departure: Departure | undefined;
  #hasStopped: () => void = () => {};
  #isStopping = false;

  constructor(settings: Settings, clock: Clock, log: Log) {
    this.settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.stopped = new Promise((resolve) => (this.#hasStopped = resolve));
  }

  get operationsPort(): number {
    return this.#operations?.operationsPort ?? 0;
  }

  get adminPort(): number | undefined {
    return this.#operations?.adminPort;
  }

  get hub(): MemoryHub {
    return this.#buses!.hub;
  }

  async start(version: string): Promise<void> {
    const { settings } = this;
    const { role } = settings;
    const log = this.#log;
    const clock = this.#clock;
    this.recorder = await this.#openRecorder(version);
    this.#buses = await openBuses(settings, log, () => this.node?.trunkUrl ?? "");
    const clusterSecrets = await blaming("cluster.secretFile", () => clusterSecretsOf(settings));
    const { recorder } = this;
    const making: Making = { settings, clock, log, buses: this.#buses, clusterSecrets, recorder };
    if (role !== "edge") this.node = await openNode(making);
    this.node?.start();
    if (role !== "node") this.edge = await startEdge(making, this.node);
    const edge = this.edge?.driver;
    const node = this.node?.driver;
    this.#departure = new Departure({ edge, node, clock });
    this.#operations = await startOperations(making, this, this.#actions());
    await this.edge?.open();
    if (role === "all") await this.#acquainted();
    this.phase = "running";
  }

  /** Edge and node of one process have met: whoever comes from now on is let in. */
  async #acquainted(): Promise<void> {
    const overMs = this.#clock.nowMs() + ACQUAINTED_WITHIN_MS;
    while (this.edge!.driver.openTrunkCount === 0 && this.#clock.nowMs() < overMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #actions(): AdminActions {
    return {
      drain: (withinMs) => void this.drain(withinMs),
      cancelDrain: () => void this.cancelDrain(),
      kick: (roomId, participantId) =>
        this.node?.driver.tell((core, nowMs) => core.kickAsked(roomId, participantId, nowMs)) ??
        false,
    };
  }

  async #openRecorder(version: string): Promise<Recorder | undefined> {
    const { directory, segmentBytesMax, totalBytesMax } = this.settings.record;
    if (directory === undefined) return undefined;
    const { recorderFor } = await import("./recording/index.ts");
    return blaming("record.directory", () =>
      recorderFor(directory, {
        version,
        clock: this.#clock,
        log: this.#log,
        segmentBytesMax,
        totalBytesMax,
      }),
    );
  }

  async drain(withinMs = this.settings.drain.withinMs): Promise<DepartureResult> {
    const departure = this.#departure;
    if (departure === undefined || this.#isStopping) {
      await this.stop();
      return "deadline";
    }
    const deadlineMs = Math.max(withinMs, this.settings.drain.deadlineMs);
    if (!departure.isUnderWay) {
      this.#log.info({ withinMs, deadlineMs }, "Draining: clients are sent on.");
    }
    // Who dials an edge that is gone finds a shut door, and backs off for longer than a balancer needs to look elsewhere.
    const noticeMs = this.edge === undefined ? 0 : this.settings.drain.noticeMs;
    this.phase = "leaving";
    const result = await departure.begin(withinMs, deadlineMs, noticeMs);
    if (result === "cancelled") {
      this.#log.info({}, "The drain is cancelled: serving again.");
      return result;
    }
    if (!this.#isStopping) this.#log.info({ result }, "Drained.");
    await this.stop();
    return result;
  }

  cancelDrain(): boolean {
    const isCancelled = !this.#isStopping && (this.#departure?.cancel() ?? false);
    if (isCancelled) this.phase = "running";
    return isCancelled;
  }

  stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      void this.#stopAll().finally(() => this.#hasStopped());
    }
    return this.stopped;
  }

  /** Each part in its turn; one that fails to end must not keep the others. */
  async #stopAll(): Promise<void> {
    this.phase = "stopping";
    this.#departure?.abandon();
    const parts = [this.edge, this.node, this.#buses, this.#operations, this.recorder];
    for (const part of parts) {
      try {
        await part?.close();
      } catch (error) {
        this.#log.error({ error: error as Error }, "A part of the server did not end well.");
      }
    }
  }
}

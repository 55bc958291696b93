// The loopback cluster of core with recorded machines, for tests of recordings.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kind } from "../../core/protocol/message.ts";
import { edgePolicy, nodePolicy } from "../../core/fixtures.ts";
import { Loopback, type LoopbackOptions } from "../../core/loopback/loopback.ts";
import { silentLog } from "../operations/log.ts";
import { type Recorder, recorderFor, type RecorderOptions } from "./recorder.ts";

const CLIENTS = 6;

interface RecordedOptions extends LoopbackOptions {
  readonly recorder: Recorder;
}

/** Ends are what they are in the loopback; only who makes the machines differs. */
class RecordedLoopback extends Loopback {
  // Called by the constructor of the loopback, too: nothing but the options is there yet.
  override startNode(at: number): void {
    super.startNode(at);
    const { recorder, node } = this.options as RecordedOptions;
    const port = this.nodes[at]!;
    const policy = nodePolicy({ ...node, nodeId: port.name, incarnation: port.incarnation });
    Object.assign(port, { core: recorder.makeNode(policy, port) });
  }

  override startEdge(at: number): void {
    super.startEdge(at);
    const { recorder, edge } = this.options as RecordedOptions;
    const port = this.edges[at]!;
    const policy = edgePolicy({ ...edge, edgeId: port.name, incarnation: ++lives });
    Object.assign(port, { core: recorder.makeEdge(policy, port) });
  }
}

let lives = 0;

export function freshDirectory(): string {
  return mkdtempSync(join(tmpdir(), "stormglass-facts-"));
}

/** What may happen to the cluster: a number for what, and one for whom. */
export type Happening = readonly [what: number, who: number];

/** A recorder on a clock that stands still. */
export function recorderIn(directory: string, options: Partial<RecorderOptions> = {}): Recorder {
  return recorderFor(directory, {
    version: "0",
    clock: { nowMs: () => 7 },
    log: silentLog,
    ...options,
  });
}

export interface RecordedRun {
  readonly directory: string;
  readonly facts: number;
}

/** Lets `happenings` happen to a cluster of two edges and two nodes, and records it all. */
export async function recordedRun(
  happenings: readonly Happening[],
  delaysMs: readonly number[] = [5],
  options: Partial<RecorderOptions> = {},
  directory = freshDirectory(),
): Promise<RecordedRun> {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs };
  const recorder = recorderFor(directory, { version: "0", clock, log: silentLog, ...options });
  let asked = 0;
  let state = 1;
  const net: RecordedLoopback = new RecordedLoopback({
    nodes: 2,
    edges: 2,
    clients: CLIENTS,
    delayMs: () => {
      nowMs = net?.nowMs ?? 0;
      return delaysMs[asked++ % delaysMs.length]!;
    },
    draw: () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    },
    recorder,
  } as RecordedOptions);
  net.run(2_000);
  for (let client = 0; client < CLIENTS; client++) net.clients.core.started(client, net.nowMs);
  net.run(4_000);
  for (const [what, who] of happenings) happen(net, what, who);
  net.run(net.nowMs + 5_000);
  const { facts } = recorder;
  await recorder.close();
  return { directory, facts };
}

const WAITS_MS = [1, 20, 400, 2_500, 17_000];

function happen(net: Loopback, what: number, who: number): void {
  const { core } = net.clients;
  const at = who % 2;
  const client = who % CLIENTS;
  switch (what % 12) {
    case 0:
    case 1:
    case 2:
      net.run(net.nowMs + WAITS_MS[who % WAITS_MS.length]!);
      break;
    case 3:
    case 4:
    case 5:
      core.offer(client, Kind.message, "", "", 60, { text: "hello", ["__proto__"]: { a: who } });
      break;
    case 6:
      core.offer(client, Kind.state, "", "mute", 40, { mute: true });
      break;
    case 7:
    case 8: {
      const socket = net.clients.socketOf(client);
      if (socket !== undefined) net.clients.lose(client, socket.edge);
      break;
    }
    case 9:
      if (net.nodes[at] === undefined) net.startNode(at);
      else net.killNode(at);
      break;
    case 10:
      if (net.edges[at] === undefined) net.startEdge(at);
      else net.killEdge(at);
      break;
    case 11:
      net.nodes[at]?.core.drainAsked(net.nowMs);
      break;
  }
}

// Recordings of a running server: every fact that enters core, in a directory.
//
// A recording is for those who run the server, and it is confidential. It contains what clients sent: names, messages, session
// descriptions with the addresses in them, network addresses, who was where with whom, when. It contains no token and no credential
// (secrets.ts). Its files are readable by their owner alone; who hands one on hands on all that. Recording costs some µs per fact
// and the disk space that the settings allow; when the space is used up, or anything goes wrong, the recording ends and the server goes on.

import { mkdirSync } from "node:fs";
import type { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import type { SignalingNode } from "../../core/node/signaling-node.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../operations/log.ts";
import { Compressor } from "./compressor.ts";
import { FactLog, type FactLogParts } from "./fact-log.ts";
import { formsOf, type MachineKind } from "./fact-forms.ts";
import { OrderDigest } from "./order-digest.ts";
import { writtenPolicy } from "./policies.ts";
import { RecordedEdge } from "./recorded-edge.ts";
import { RecordedNode } from "./recorded-node.ts";
import { FORMAT_VERSION } from "./segments.ts";
import { Space } from "./space.ts";
import { Tape } from "./tape.ts";

export interface RecorderOptions {
  /** Of stormglass: who replays with another is told. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A segment is closed and compressed when it is this large, bytes; 64 MiB. */
  readonly segmentBytesMax?: number;
  /** The recording ends when its directory holds this much, bytes; 4 GiB. */
  readonly totalBytesMax?: number;
  /** What a process that is killed may lose, ms; 100. Or 64 KiB, whichever is less. */
  readonly flushEveryMs?: number;
}

/** What `makeCore` of the drivers is; several lives and machines may be made. */
export interface Recorder {
  readonly makeEdge: (policy: EdgePolicy, outbox: EdgeOutbox) => EdgeGateway;
  readonly makeNode: (policy: NodePolicy, outbox: NodeOutbox) => SignalingNode;
  /** Facts written so far, over all machines. */
  readonly facts: number;
  /** Bytes in the directory, as far as this process knows. */
  readonly bytes: number;
  /** False when a recording ended before its machine did: the log said why. */
  readonly isWhole: boolean;
  /** Everything is on the disk, and closed segments are compressed. */
  close(): Promise<void>;
}

/** Assumed: large enough to compress well, small enough to read whole. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** Assumed: some hours of a busy node, and no danger to a disk of today. */
const TOTAL_BYTES_MAX = 4 * 1024 * 1024 * 1024;
const FLUSH_EVERY_MS = 100;

/** Throws when the directory cannot be made or read: better now than when it is missed. */
export function recorderFor(directory: string, options: RecorderOptions): Recorder {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { log, clock, version } = options;
  const space = new Space(directory, options.totalBytesMax ?? TOTAL_BYTES_MAX);
  const compressor = new Compressor(space, log);
  const parts: FactLogParts = {
    directory,
    log,
    space,
    compressor,
    segmentBytesMax: options.segmentBytesMax ?? SEGMENT_BYTES_MAX,
    flushEveryMs: options.flushEveryMs ?? FLUSH_EVERY_MS,
  };
  const logs: FactLog[] = [];
  const latest = new Map<string, FactLog>();
  const tapeFor = (kind: MachineKind, machine: string, policy: EdgePolicy | NodePolicy): Tape => {
    const forms = formsOf(kind);
    latest.get(`${kind} ${machine}`)?.close(); // Its former life is over.
    const own = new FactLog(
      {
        format: FORMAT_VERSION,
        version,
        kind,
        machine,
        incarnation: policy.incarnation,
        startMs: clock.nowMs(),
        policy: writtenPolicy(policy),
        facts: Object.keys(forms),
      },
      parts,
    );
    logs.push(own);
    latest.set(`${kind} ${machine}`, own);
    return new Tape(forms, new OrderDigest(), own, clock);
  };
  return {
    makeEdge: (policy, outbox) =>
      new RecordedEdge(policy, outbox, tapeFor("edge", policy.edgeId, policy)),
    makeNode: (policy, outbox) =>
      new RecordedNode(policy, outbox, tapeFor("node", policy.nodeId, policy)),
    get facts() {
      return logs.reduce((sum, own) => sum + own.facts, 0);
    },
    get bytes() {
      return space.usedBytes;
    },
    get isWhole() {
      return !logs.some((own) => own.hasFailed);
    },
    async close() {
      for (const own of logs) own.close();
      await compressor.settled();
    },
  };
}

// What the page needs to play one run: a few hundred frames of loads, states and streams.
//
// Loads are bytes, 255 for a full node (or for the fullest that an edge ever was); streams are numbers per second.
// One drop stands for so many clients that a dense moment has a few hundred of them in the air.

import type { RunResult, WindowSpan } from "../../../sim/result.ts";
import { base64, extremes, type FrameGrid, gridOf, lasts, quantized, summed } from "./frames.ts";
import { type Hosts, hostsOf, transitions } from "./hosts.ts";
import { niceStep } from "./markup.ts";

export interface FaultSpan {
  readonly name: string;
  readonly fromMs: number;
  /** Equal to `fromMs` for what happens in an instant. */
  readonly toMs: number;
}

export interface StormInfo {
  readonly title: string;
  readonly faults: readonly FaultSpan[];
  readonly windows: Readonly<Record<string, WindowSpan>>;
  /** Sessions that one node may hold. */
  readonly maxConnections: number;
}

export interface Storm {
  readonly grid: FrameGrid;
  readonly durationMs: number;
  readonly nodes: Hosts;
  readonly edges: Hosts;
  /** What 255 means: sessions of a node, sockets of an edge. */
  readonly nodeFull: number;
  readonly edgeFull: number;
  readonly streams: Readonly<Record<StreamName, readonly number[]>>;
  /** The frame that tells most: when most people wait, or when most load is there. */
  readonly tellingFrame: number;
  /** Clients that one drop stands for. */
  readonly dropOf: number;
  /** Simulated milliseconds per millisecond of playing, that one may choose and that is chosen at first. */
  readonly paces: readonly number[];
  readonly pace: number;
}

/** Gauges in clients: sessions, waiting, away. Rates per second: joins, losses, returns, refusals. Pods: ready, desired. */
export type StreamName =
  | "sessions"
  | "waiting"
  | "away"
  | "joins"
  | "losses"
  | "returns"
  | "refusals"
  | "ready"
  | "desired";

const FRAMES_MAX = 300;
/** Bytes of loads in a page. Assumed: with base64 it stays below 200 KB. */
const BYTES_MAX = 140_000;
/** The play takes about this long at first, ms of the viewer. Assumed: long enough to see, short enough to stay. */
const PLAY_MS = 24_000;
/** A drop falls for this long, ms of the viewer; the script knows the same number. */
export const FALL_MS = 1_100;
/** Drops in the air in all but the densest moments. Assumed: more are a blur. */
const DROPS_MAX = 420;
const PACES = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 3_600];

/** Undefined when the run kept no load of any node, or has no length. */
export function stormOf(result: RunResult, info: StormInfo): Storm | undefined {
  const { resolutionMs, columns } = result.series;
  const rows = columns["sessions.active"]?.length ?? columns["join.pending"]?.length ?? 0;
  if (rows < 2) return undefined;
  const hostCount = Object.keys(columns).filter((name) => /^(node|edge)\.load\//.test(name)).length;
  const framesMax = Math.min(FRAMES_MAX, Math.floor(BYTES_MAX / Math.max(1, 2 * hostCount)));
  const grid = gridOf(rows, resolutionMs, Math.max(40, framesMax - (framesMax % 2)));
  const nodes = hostsOf(result, "node", grid);
  if (nodes.names.length === 0) return undefined;
  const edges = hostsOf(result, "edge", grid);
  const streams = streamsOf(result, grid);
  const durationMs = rows * resolutionMs;
  const pace = PACES.find((candidate) => durationMs / candidate <= PLAY_MS * 1.25) ?? PACES.at(-1)!;
  const chosen = PACES.indexOf(pace);
  return {
    grid,
    durationMs,
    nodes,
    edges,
    nodeFull: info.maxConnections,
    edgeFull: Math.max(1, ...edges.loads.flat()),
    streams,
    tellingFrame: tellingFrameOf(streams),
    dropOf: dropOf(streams, pace),
    paces: PACES.slice(Math.max(0, chosen - 3), chosen + 3),
    pace,
  };
}

function streamsOf(result: RunResult, grid: FrameGrid): Storm["streams"] {
  const { columns, resolutionMs } = result.series;
  const perSec = (name: string): number[] =>
    extremes(columns[name], grid).map((amount) => round((amount * 1_000) / resolutionMs));
  const gauge = (name: string): number[] => extremes(columns[name], grid).map(round);
  const lost = summed(columns["reconnect.offered"]);
  const back = summed(columns["reconnect.succeeded"]);
  const failed = summed(columns["reconnect.failed"]);
  const away = lost.map((sum, row) => Math.max(0, sum - (back[row] ?? 0) - (failed[row] ?? 0)));
  return {
    sessions: gauge("sessions.active"),
    waiting: gauge("join.pending"),
    away: extremes(away, grid),
    joins: perSec("join.succeeded"),
    losses: perSec("reconnect.offered"),
    returns: perSec("reconnect.succeeded"),
    refusals: perSec("join.turnedaway"),
    ready: lasts(columns["replicas.ready"], grid),
    desired: lasts(columns["replicas.desired"], grid),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function tellingFrameOf({ sessions, waiting, away, losses }: Storm["streams"]): number {
  const score = (frame: number): number =>
    // People who were in and are out again tell more than people who come.
    waiting[frame]! + 4 * away[frame]! + 2 * losses[frame]! + sessions[frame]! / 1_000;
  let best = 0;
  for (let frame = 1; frame < sessions.length; frame++)
    if (score(frame) > score(best)) best = frame;
  return best;
}

function dropOf({ joins, losses, returns, refusals }: Storm["streams"], pace: number): number {
  const dense: number[] = [];
  for (let frame = 0; frame < joins.length; frame++) {
    const perSec = joins[frame]! + losses[frame]! + returns[frame]! + refusals[frame]!;
    if (perSec > 0) dense.push((perSec * pace * FALL_MS) / 1_000);
  }
  dense.sort((a, b) => a - b);
  // Not the densest of all: one burst would thin out the rain of the whole run.
  return Math.max(1, niceStep(dense[Math.floor(dense.length * 0.8)] ?? 0, DROPS_MAX));
}

/** The storm as the script reads it. */
export function playable(storm: Storm, info: StormInfo): Readonly<Record<string, unknown>> {
  const packed = (hosts: Hosts, full: number): Readonly<Record<string, unknown>> => ({
    names: hosts.names,
    load: base64(hosts.loads.flat().map((load) => quantized(load, full))),
    busy: hosts.busy && base64(hosts.busy.flat().map((ratio) => quantized(ratio, 1))),
    states: hosts.states.map(transitions),
  });
  return {
    durationMs: storm.durationMs,
    stepMs: storm.grid.stepMs,
    frames: storm.grid.frames,
    edgeFull: storm.edgeFull,
    nodes: packed(storm.nodes, storm.nodeFull),
    edges: packed(storm.edges, storm.edgeFull),
    streams: storm.streams,
    tellingFrame: storm.tellingFrame,
    dropOf: storm.dropOf,
    pace: storm.pace,
    faults: info.faults.map(({ name, fromMs, toMs }) => ({ name, fromMs, toMs })),
  };
}

// What each node and edge is at each frame: there or not, starting, serving, draining or down.
//
// Pods say when a node was made and deleted. Whether it died is in the series: a host that is down uses no memory,
// one without sessions does. A drain may be shorter than a frame; its frame shows it all the same.

import type { PodLife, RunResult } from "../../../sim/result.ts";
import { extremes, type FrameGrid, lasts } from "./frames.ts";

/** Order of the numbers in the page's data. */
export const HOST_STATES = ["absent", "starting", "up", "draining", "down"] as const;
export type HostState = (typeof HOST_STATES)[number];

export interface Hosts {
  readonly role: "node" | "edge";
  /** "n0", "n1", … */
  readonly names: readonly string[];
  /** By host, then frame: sessions of a node, sockets of an edge. */
  readonly loads: readonly (readonly number[])[];
  /** By host, then frame: busy share of its core; undefined where the run did not keep it. */
  readonly busy: readonly (readonly number[])[] | undefined;
  readonly states: readonly (readonly HostState[])[];
}

/** Hosts of a role by number; none where the run kept no column of theirs. */
export function hostsOf(result: RunResult, role: "node" | "edge", grid: FrameGrid): Hosts {
  const { columns } = result.series;
  const pods = role === "node" ? (result.autoscaling?.pods ?? []) : [];
  const letter = role === "node" ? "n" : "e";
  const head = `${role}.load/${letter}`;
  const numbers = Object.keys(columns)
    .filter((name) => name.startsWith(head))
    .map((name) => Number(name.slice(head.length)));
  const known = new Set(numbers.filter((number) => Number.isInteger(number)));
  for (const { node } of pods) if (known.size > 0) known.add(node);
  const ordered = [...known].sort((a, b) => a - b);
  const column = (metric: string, number: number): readonly number[] | undefined =>
    columns[`${role}.${metric}/${letter}${number}`];
  const hasBusy = ordered.some((number) => column("cpu.ratio", number) !== undefined);
  return {
    role,
    names: ordered.map((number) => `${letter}${number}`),
    loads: ordered.map((number) => extremes(column("load", number), grid)),
    busy: hasBusy
      ? ordered.map((number) => extremes(column("cpu.ratio", number), grid))
      : undefined,
    states: ordered.map((number) => {
      const memory = column("memory.bytes", number);
      const isUp = memory === undefined ? undefined : lasts(memory, grid).map((bytes) => bytes > 0);
      const own = pods.filter(({ node }) => node === number);
      return Array.from({ length: grid.frames }, (_, frame) =>
        pods.length === 0
          ? serving(isUp?.[frame])
          : podState(own, frame * grid.stepMs, grid.stepMs, isUp?.[frame]),
      );
    }),
  };
}

/** The state of a node in the frame that begins at `fromMs`, by the lives of the pods that carried it. */
function podState(
  pods: readonly PodLife[],
  fromMs: number,
  stepMs: number,
  isUp: boolean | undefined,
): HostState {
  const toMs = fromMs + stepMs;
  const drains = pods.some(
    ({ deletedAtMs, goneAtMs }) =>
      deletedAtMs !== undefined && deletedAtMs < toMs && (goneAtMs ?? Infinity) > fromMs,
  );
  if (drains) return "draining";
  const pod = pods.findLast(
    ({ createdAtMs, goneAtMs }) => createdAtMs < toMs && (goneAtMs ?? Infinity) >= toMs,
  );
  if (pod === undefined) return "absent";
  return (pod.readyAtMs ?? Infinity) < toMs ? serving(isUp) : "starting";
}

function serving(isUp: boolean | undefined): HostState {
  return isUp === false ? "down" : "up";
}

/** A host's states as pairs: frame, number of the state from there on. */
export function transitions(states: readonly HostState[]): readonly number[] {
  const pairs: number[] = [];
  states.forEach((state, frame) => {
    if (frame === 0 || state !== states[frame - 1]) pairs.push(frame, HOST_STATES.indexOf(state));
  });
  return pairs;
}

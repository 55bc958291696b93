// The files of a recording: what they are called, what stands at their beginning.
//
// One life of one machine is a row of segments, numbered from 0; each begins with what is needed to make the machine anew, so that a
// segment can be read by itself. A closed segment is compressed in the background; while both forms exist, the plain one counts.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { MachineKind } from "./fact-forms.ts";

/** Grows when frames or forms change in a way that an earlier reader would misread. */
export const FORMAT_VERSION = 1;

export interface SegmentHeader {
  readonly format: number;
  /** Of stormglass. */
  readonly version: string;
  readonly kind: MachineKind;
  /** Edge or node id. */
  readonly machine: string;
  readonly incarnation: number;
  /** When this life's recording began, ms on the process's clock. */
  readonly startMs: number;
  /** The policy, with the placement policy by its name. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** Names of the facts: what a fact's number means. */
  readonly facts: readonly string[];
  readonly segment: number;
  /** Facts of this life before this segment. */
  readonly factsBefore: number;
}

const PLAIN = ".facts";
export const COMPRESSED = ".gz";
/** A compressed segment that is being written. */
export const DRAFT = ".draft";

/** Unlike any other life's, whatever the machine is called: the process and the moment are in it. */
export function lifeName(header: SegmentHeader): string {
  const { kind, machine, incarnation, startMs } = header;
  const name = encodeURIComponent(machine).replaceAll("*", "%2A");
  return `${kind}-${name}-${incarnation}-${Math.floor(startMs)}-${process.pid}`;
}

export function segmentPath(directory: string, life: string, segment: number): string {
  return join(directory, `${life}.${String(segment).padStart(5, "0")}${PLAIN}`);
}

/** Files of one life, in the order of their segments. */
export interface LifeFiles {
  readonly life: string;
  readonly segments: readonly { readonly number: number; readonly path: string }[];
}

const SEGMENT_FILE = /^(.+)\.(\d{5,})\.facts(\.gz)?$/;

/** What lies in a directory, sorted by life. Throws when it cannot be read. */
export function livesIn(directory: string): readonly LifeFiles[] {
  const found = new Map<string, Map<number, string>>();
  for (const file of readdirSync(directory).sort()) {
    const parts = SEGMENT_FILE.exec(file);
    if (parts === null) continue;
    const [, life, number] = parts as unknown as [string, string, string];
    const segments = found.get(life) ?? new Map<number, string>();
    found.set(life, segments);
    // Sorted, the plain form comes before the compressed one.
    if (!segments.has(Number(number))) segments.set(Number(number), join(directory, file));
  }
  return [...found].map(([life, segments]) => ({
    life,
    segments: [...segments]
      .map(([number, path]) => ({ number, path }))
      .sort((a, b) => a.number - b.number),
  }));
}

// How a server reads what clients send: the schemas of schema/client-frames.ts, made into readers once per set of limits.
//
// Nothing is taken over that is not named there: unknown members are ignored, free-form values (`meta`, `state`, application
// data) are bounded in size and may not carry `__proto__`. `null` where a member is optional means absent.

import type { ProtocolLimits } from "./limits.ts";
import { type Body, Kind, KIND_NAMES } from "./message.ts";
import { clientFrames } from "./schema/client-frames.ts";
import { type FrameSchema, ID } from "./schema/frames.ts";
import { optionalReader, type Read, reader } from "./schema/reader.ts";

/** Reads the members of a frame of one kind; undefined where a kind has none. */
export interface ClientFrameReader {
  readonly to: Read | undefined;
  readonly n: Read | undefined;
  readonly d: Read | undefined;
}

/** By kind; undefined for what clients do not send. */
type ClientFrameReaders = readonly (ClientFrameReader | undefined)[];

const known = new WeakMap<ProtocolLimits, ClientFrameReaders>();
/** Those that were asked for last: an edge has two sets of limits, and nearly all frames are of one. */
let lastLimits: ProtocolLimits | undefined;
let lastReaders: ClientFrameReaders = [];

export function clientFrameReaders(limits: ProtocolLimits): ClientFrameReaders {
  if (limits === lastLimits) return lastReaders;
  lastReaders = known.get(limits) ?? readersWith(limits);
  lastLimits = limits;
  return lastReaders;
}

function readersWith(limits: ProtocolLimits): ClientFrameReaders {
  const readers: (ClientFrameReader | undefined)[] = KIND_NAMES.map(() => undefined);
  for (const frame of clientFrames(limits)) readers[frame.kind] = readerOf(frame);
  known.set(limits, readers);
  return readers;
}

function readerOf({ kind, members, d, isBodyNeeded }: FrameSchema): ClientFrameReader {
  const { to, "to?": toMaybe, n } = members;
  // Of these the codec takes the numbers, and nothing of the object goes on.
  const keeps = kind === Kind.ping || kind === Kind.ack ? "all" : "named";
  return {
    to:
      to === undefined
        ? toMaybe && optionalReader(toMaybe, "to", "named")
        : reader(to, "to", "named"),
    n: n && reader(n, "n", "named"),
    d: d && (isBodyNeeded ? reader : optionalReader)(d, "d", keeps),
  };
}

const readOptionalId = optionalReader(ID, "id", "named");

/** The frame's `id`, 0 when it has none. Throws `BadField`. */
export function readId(id: unknown): number {
  return (readOptionalId(id) as number | undefined) ?? 0;
}

/** The body of a client's frame. Throws `BadField`. */
export function clientBody(kind: Kind, read: Read | undefined, d: unknown): Body {
  if (read === undefined) return undefined;
  const body = read(d) as Body;
  const isReason = kind === Kind.leave || kind === Kind.iceRestart;
  if (!isReason || body === undefined || Object.keys(body).length > 0) return body;
  return undefined; // A reason that was not given is no body.
}

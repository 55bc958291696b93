// How a client reads what the server sends: the schemas of schema/server-frames.ts, made into readers once.
//
// The server is trusted more than a client is: members that are not named there pass through, so that a newer server may say
// more; so does any body of a kind that this version's server does not send.

import { type Body, Kind, KIND_NAMES } from "./message.ts";
import { SERVER_ENVELOPE } from "./schema/frames.ts";
import { optionalReader, type Read, reader } from "./schema/reader.ts";
import { free } from "./schema/schema.ts";
import { SERVER_FRAMES } from "./schema/server-frames.ts";

/** By kind; undefined where a kind has no body. */
const BODY_READERS = bodyReaders();

function bodyReaders(): readonly (Read | undefined)[] {
  const any = optionalReader(free("any", "object"), "d", "all");
  const readers: (Read | undefined)[] = KIND_NAMES.map(() => any);
  for (const { kind, d, isBodyNeeded } of SERVER_FRAMES) {
    readers[kind] = d && (isBodyNeeded ? reader : optionalReader)(d, "d", "all");
  }
  return readers;
}

/** The body `d` of a server's frame of this kind. Throws `BadField`. */
export function serverBody(kind: Kind, d: unknown): Body {
  const read = BODY_READERS[kind];
  return read === undefined ? undefined : (read(d) as Body);
}

const readS = optionalReader(SERVER_ENVELOPE.s, "s", "all");
const readRe = optionalReader(SERVER_ENVELOPE.re, "re", "all");
const readId = optionalReader(SERVER_ENVELOPE.id, "id", "all");
const readN = optionalReader(SERVER_ENVELOPE.n, "n", "all");
const readFrom = optionalReader(SERVER_ENVELOPE.from, "from", "all");

export interface ServerMembers {
  readonly s: number;
  readonly re: number;
  readonly id: number;
  readonly n: number;
  readonly from: string;
}

/** What stands around the body. Throws `BadField`. */
export function serverMembers(frame: Readonly<Record<string, unknown>>): ServerMembers {
  return {
    s: (readS(frame["s"]) as number | undefined) ?? 0,
    re: (readRe(frame["re"]) as number | undefined) ?? 0,
    id: (readId(frame["id"]) as number | undefined) ?? 0,
    n: (readN(frame["n"]) as number | undefined) ?? 0,
    from: (readFrom(frame["from"]) as string | undefined) ?? "",
  };
}

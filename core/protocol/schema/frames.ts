// What every frame has around its body, and what makes a frame of each kind.

import type { Kind } from "../message.ts";
import { PARTICIPANT_ID_PATTERN } from "../limits.ts";
import { type Schema, text, whole } from "./schema.ts";

/** A frame of one kind and one direction. */
export interface FrameSchema {
  readonly kind: Kind;
  /** One sentence for whoever writes a client. */
  readonly summary: string;
  /** Members beside `t` and `d` that frames of this kind have; names that end in "?" may be absent. */
  readonly members: Readonly<Record<string, Schema>>;
  /** The body `d`; undefined when the kind has none. */
  readonly d: Schema | undefined;
  readonly isBodyNeeded: boolean;
}

export const ID = whole("number of this message, growing within a session", 1, { nullable: true });

export const TO_PEER = text("recipient: a participant id, or `sfu`", {
  pattern: PARTICIPANT_ID_PATTERN.source,
});

export const TO_ROOM = text("recipient: a participant id; absent or empty for the whole room", {
  pattern: `^(${PARTICIPANT_ID_PATTERN.source.slice(1, -1)})?$`,
  nullable: true,
});

export const NEGOTIATION = whole("negotiation number", 1);

/** What a client reads of the server's envelope, in frames of any kind. It trusts more than a server does: 0 is "none". */
export const SERVER_ENVELOPE = {
  s: whole("sequence number of the session: grows by one", 0, { nullable: true }),
  from: text("sender: a participant id, or `sfu`"),
  re: whole("`id` of the message that this answers; absent when it answers none", 0, {
    nullable: true,
  }),
  id: whole("the sender's own `id`: a repetition has the same", 0, { nullable: true }),
  n: whole("negotiation number", 0, { nullable: true }),
};

// Messages as they cross a process boundary.
//
// An edge need not read what it passes on: the trunk's header says kind, class, sender and key, and the text is written to every
// recipient as it came (SPEC TR). So a message from a trunk has no body, but the text that all its recipients share.
// Where a message itself must cross (bus, recording), it is plain JSON.

import { encodeShared } from "../core/protocol/codec.ts";
import { type Body, type Kind, Message } from "../core/protocol/message.ts";

/** A message whose text is known already: `shared` is what `encodeShared` made of it elsewhere. */
export class WireMessage extends Message {
  readonly shared: string;

  constructor(
    kind: Kind,
    id: number,
    from: string,
    n: number,
    bytes: number,
    key: string,
    shared: string,
  ) {
    super(kind, id, from, "", n, bytes, key, undefined);
    this.shared = shared;
  }
}

/** The message before, and its text: a room's message goes to all its edges before another one comes. */
let lastMessage: Message | undefined;
let lastText = "";

/** What all recipients of the message share, written once for those who ask one after the other. */
export function sharedText(message: Message): string {
  if (message instanceof WireMessage) return message.shared;
  if (message === lastMessage) return lastText;
  lastText = encodeShared(message);
  lastMessage = message;
  return lastText;
}

/** The body, read from the text where there is nothing else. For what is rare. */
export function bodyOf(message: Message): Body {
  if (!(message instanceof WireMessage)) return message.body;
  return (JSON.parse(`{${message.shared}`) as { d?: Body }).d;
}

/** A message as JSON, in the order of the constructor's arguments; `undefined` bodies as null. */
export type MessageJson = readonly [
  kind: number,
  id: number,
  from: string,
  to: string,
  n: number,
  bytes: number,
  key: string,
  body: object | null,
];

export function messageToJson(message: Message): MessageJson {
  const { kind, id, from, to, n, bytes, key, body } = message;
  return [kind, id, from, to, n, bytes, key, body ?? null];
}

/** The message, or undefined when `value` is none. */
export function messageFromJson(value: unknown): Message | undefined {
  if (!Array.isArray(value) || value.length !== 8) return undefined;
  const [kind, id, from, to, n, bytes, key, body] = value as unknown[];
  const isWhole =
    [kind, id, n, bytes].every((part) => Number.isSafeInteger(part)) &&
    [from, to, key].every((part) => typeof part === "string") &&
    typeof body === "object";
  if (!isWhole) return undefined;
  return new Message(
    kind as Kind,
    id as number,
    from as string,
    to as string,
    n as number,
    bytes as number,
    key as string,
    (body ?? undefined) as Body,
  );
}

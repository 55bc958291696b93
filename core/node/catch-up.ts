// What a session is told that comes back: what it missed, in order, and the states that changed meanwhile.
//
// On its own node the log has what it missed, if that is not too much. States are in no log, since only their last values
// matter: those that changed since the socket was heard last are told in one `sync`. On another node the old log is gone, but from the session's
// declaration on this node has kept one for it, and has answered `ok` to whoever spoke. So after the snapshot it is told what
// it missed since; who came and went meanwhile is in the snapshot already.

import { slotOf } from "../handles.ts";
import type { SyncBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { NodeContext } from "./node-context.ts";
import type { Room } from "./room.ts";

/** To be asked before the session is granted. */
export function missedBy({ sessions }: NodeContext, room: Room, session: number): Message[] {
  const at = slotOf(session);
  const missed: Message[] = [];
  const last = Math.max(sessions.logS[at]!, sessions.ackedS[at]!);
  room.log.replay(sessions, session, last, (message) => {
    if (message.kind >= Kind.offer && message.kind !== Kind.sfu) missed.push(message);
  });
  return missed;
}

/** Said once more, under new numbers, since the snapshot stands for the old ones. */
export function tellMissed(
  { sessions, outbox }: NodeContext,
  room: Room,
  session: number,
  missed: readonly Message[],
): void {
  const at = slotOf(session);
  for (const message of missed) {
    room.log.append(sessions, message, session, -1);
    outbox.deliver(sessions.edge[at]!, sessions.connection[at]!, session, message, 0);
  }
}

/** A socket may have been dead for this long before it was noticed, ms. Cited: protocol §4.10, 2 × 15 s + 5 s. */
const SILENCE_MS = 35_000;

/** What it was sent after number `last`; undefined when that is too much, or too long ago. */
export function replayFor(
  { sessions, policy }: NodeContext,
  room: Room,
  session: number,
  last: number,
): Message[] | undefined {
  if (sessions.sentS(session) - last > policy.bufferMax) return undefined;
  const missing: Message[] = [];
  const isWhole = room.log.replay(sessions, session, last, (message) => missing.push(message));
  return isWhole ? missing : undefined;
}

/** Said again, under the numbers that follow `last`; then the states that changed since the socket was lost at `lostAtMs`. */
export function tellReplay(
  { sessions, outbox }: NodeContext,
  room: Room,
  session: number,
  missing: readonly Message[],
  last: number,
  lostAtMs: number,
): void {
  const at = slotOf(session);
  const [edge, connection] = [sessions.edge[at]!, sessions.connection[at]!];
  missing.forEach((message, i) => outbox.deliver(edge, connection, session, message, last + 1 + i));
  const you = sessions.participant[at]!.id;
  const participants = room.roster
    .changedSince(lostAtMs - SILENCE_MS)
    .filter(({ id }) => id !== you);
  if (participants.length === 0) return;
  const body: SyncBody = { participants };
  const bytes = serverFrameBytes(Kind.sync, body);
  const sync = new Message(Kind.sync, 0, "", "", 0, bytes, "", body);
  outbox.deliver(edge, connection, session, sync, 0);
}

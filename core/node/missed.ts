// What was said to a session while it was expected from another node.
//
// Its old log died with its old node, but from its declaration on this node has kept one for it, and has answered `ok` to whoever
// spoke. So after the snapshot it is told what it missed since; who came and went meanwhile is in the snapshot already.

import { slotOf } from "../handles.ts";
import { Kind, type Message } from "../protocol/message.ts";
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

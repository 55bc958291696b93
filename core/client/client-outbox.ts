// The orders of a client: what its driver (the SDK's socket, or the simulated client) must do.

import type { Message } from "../protocol/message.ts";
import type { CloseCode } from "../protocol/limits.ts";

/** What the application is told. Codes, since the simulator counts millions of them. */
export const ClientEvent = {
  /** In the room for the first time of this session. */
  joined: 1,
  /** Back in the same session, nothing missing. */
  replayed: 2,
  /** Back in the same session, from a snapshot. */
  resynced: 3,
  /** The socket, or the node behind it, is gone; the session may come back. */
  disrupted: 4,
  /** The resume window ended, or the server refused to resume: the next join is a new session. */
  sessionLost: 5,
  /** The server refused for good (unauthorized, room full, replaced …). */
  refused: 6,
  /** Patience ended before the first join succeeded. */
  gaveUp: 7,
  /** Left on purpose. */
  left: 8,
  /** A sequence number was skipped: the server broke its promise. */
  gap: 9,
  /** "busy": the server asked to come back later. */
  postponed: 10,
  /** An attempt begins: a dial, or an in-band join or resume. */
  attempted: 11,
} as const;
export type ClientEvent = (typeof ClientEvent)[keyof typeof ClientEvent];

export interface ClientOutbox {
  /** Open a socket to any edge. Answered by `opened` or `closed`. */
  dial(client: number): void;
  send(client: number, message: Message): void;
  /** Close the socket; `closed` is not reported for it. */
  hangUp(client: number, code: CloseCode): void;
  tell(client: number, event: ClientEvent): void;
  /** A critical message is owed from now on: it will be settled, however often it must be sent. */
  offered(client: number, message: Message): void;
  /** A critical message the client offered was answered `ok` (true) or refused (false). */
  settled(client: number, message: Message, accepted: boolean): void;
  /** Create an offer towards `peer` ("sfu" or a participant); answered by `offerMade`. */
  makeOffer(client: number, peer: string, n: number, restart: boolean): void;
  /** Set this remote offer and create an answer; answered by `answerMade`. */
  acceptOffer(client: number, offer: Message): void;
  /** Set this remote answer. */
  acceptAnswer(client: number, answer: Message): void;
  /** Add remote candidates, or their end. */
  addCandidates(client: number, candidates: Message): void;
  /** Forget the peer connection with `peer`. */
  dropPeer(client: number, peer: string): void;
}

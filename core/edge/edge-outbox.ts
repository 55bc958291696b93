// The orders of an edge: what its driver must do with sockets, trunks and the bus.
//
// `node` is the index of the node's record in the edge's cluster view; `connection` and `session` are handles.

import type { CloseCode } from "../protocol/limits.ts";
import type { IceBody } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";
import type { AttachRequest, BusMessage, OrphanRoom, ResumeClaims } from "../trunk.ts";

export interface EdgeOutbox {
  /** Verify a join token; answered by `tokenVerified` or `tokenRejected`. */
  verifyToken(connection: number, token: string): void;
  /** Open a resume token's seal; answered by `resumeVerified` or `tokenRejected`. */
  verifyResume(connection: number, token: string): void;
  /** Write to a client's socket. `s` is the sequence number, 0 for none. */
  write(connection: number, message: Message, s: number): void;
  /** Close the socket with this code. `closed` is not reported for it. */
  close(connection: number, code: CloseCode): void;
  attach(node: number, connection: number, request: AttachRequest): void;
  relay(node: number, session: number, message: Message): void;
  /** The client has everything up to s. */
  acknowledge(node: number, session: number, s: number): void;
  /** The socket of this session is gone, `attachment` says which; `isFinal` when the person left. */
  detach(node: number, session: number, attachment: number, isFinal: boolean): void;
  /** A node died: its rooms' members on this edge, for their new home. */
  declareOrphans(node: number, rooms: readonly OrphanRoom[]): void;
  publish(subject: string, message: BusMessage): void;
  /** Close the trunk to this node: its life is over for us. `trunkLost` is not reported for it. */
  dropTrunk(node: number): void;
  /** The ICE servers of a participant, with fresh credentials; undefined when there are none. Answers at once. */
  iceFor(participantId: string): IceBody | undefined;
  /** Seals what a resume token says. Pure: the same claims give the same token under one key. */
  sealResume(claims: ResumeClaims): string;
}

// The orders of a node. `edge` is the number by which the driver introduced the edge; `room`, `session` and
// `connection` are handles.

import type { CloseCode } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { AttachGrant, BusMessage, Refusal } from "../trunk.ts";

export interface NodeOutbox {
  attached(edge: number, connection: number, grant: AttachGrant): void;
  refused(edge: number, connection: number, refusal: Refusal): void;
  /** To everybody of the room on that edge but one connection (-1 for nobody). */
  multicast(edge: number, room: number, except: number, message: Message): void;
  /** To one connection. `s` above 0: with this number (a replay); 0: the edge numbers it if it is critical. */
  deliver(edge: number, connection: number, session: number, message: Message, s: number): void;
  close(edge: number, connection: number, session: number, code: CloseCode): void;
  publish(subject: string, message: BusMessage): void;
  /** Close the trunk to this edge: it takes nothing any more. `edgeLost` is not reported for it. */
  dropTrunk(edge: number): void;
  /** This life is over: others hold it to be gone. Close all trunks, and begin a later life with an empty machine. */
  stepDown(): void;
  /** Find or keep the SFU of a room; answered by `sfuAllocated`. The same room gets the same SFU while it has media. */
  allocateSfu(room: number, roomId: string): void;
  /** A message for the media plane; answered by `sfuAnswered`. */
  toSfu(room: number, session: number, message: Message): void;
}

// The media plane as a node's driver sees it: somewhere to allocate an SFU for a room, and somebody who answers what members send it.
//
// Media never passes signaling. An answer comes whenever the media plane has one, in a turn of its own, or never: a room whose SFU
// is missing is told of it when it comes. `noMedia` is the plane of rooms whose members connect to each other.

import type { SfuBody } from "../core/protocol/bodies.ts";
import type { Message } from "../core/protocol/message.ts";

export interface MediaPlane {
  /** Finds or keeps the SFU of a room: the same room gets the same one while it has media. `room` is the node's handle of it. */
  allocate(room: number, roomId: string, answer: (sfu: SfuBody) => void): void;
  /** A member's message "to": "sfu". Each answer is one message to that member. */
  received(
    room: number,
    session: number,
    message: Message,
    answer: (message: Message) => void,
  ): void;
}

/** Mesh: nobody allocates and nobody answers. */
export const noMedia: MediaPlane = {
  allocate: () => {},
  received: () => {},
};

// The frames of a segment: what one fact is wrapped in.
//
//   length, 3 bytes | check of the length, 1 byte | CRC-32 of the payload, 4 bytes | payload
//
// A process that is killed leaves the last frame torn; a disk that fails changes bytes in the middle. The length has a check of its own, so
// that a changed one is not taken for a frame that reaches beyond the end, and the rest of the file for torn.

import { crc32 } from "node:zlib";

export const FRAME_HEAD_BYTES = 8;
/** Longest payload, bytes: what three bytes can say. */
export const PAYLOAD_MAX_BYTES = 0xff_ffff;

/** Writes the head of the payload that lies from `at + FRAME_HEAD_BYTES` to `end`. */
export function sealFrame(batch: Buffer, at: number, end: number): void {
  const length = end - at - FRAME_HEAD_BYTES;
  batch[at] = length & 0xff;
  batch[at + 1] = (length >>> 8) & 0xff;
  batch[at + 2] = length >>> 16;
  batch[at + 3] = checkOf(length);
  batch.writeUInt32LE(crc32(batch.subarray(at + FRAME_HEAD_BYTES, end)), at + 4);
}

/** Any changed bit of the length changes it; and the length 0 has another check than a file full of zeros would show. */
function checkOf(length: number): number {
  return (0x5a ^ length ^ (length >>> 8) ^ (length >>> 16)) & 0xff;
}

/** "torn": the file ends within this frame. "damaged": these bytes were something else once. */
export type FrameState = "whole" | "torn" | "damaged";

export interface FrameLook {
  readonly state: FrameState;
  /** End of the payload, when whole. */
  readonly end: number;
}

/** What lies at `at`. */
export function lookAtFrame(segment: Buffer, at: number): FrameLook {
  const torn: FrameLook = { state: "torn", end: segment.length };
  const damaged: FrameLook = { state: "damaged", end: at };
  if (segment.length - at < 4) return torn;
  const length = segment.readUIntLE(at, 3);
  if (segment[at + 3] !== checkOf(length)) return isZero(segment, at) ? torn : damaged;
  const end = at + FRAME_HEAD_BYTES + length;
  if (end > segment.length) return torn;
  const crc = segment.readUInt32LE(at + 4);
  if (crc === crc32(segment.subarray(at + FRAME_HEAD_BYTES, end))) return { state: "whole", end };
  return end === segment.length || isZero(segment, end) ? torn : damaged;
}

/** After a loss of power a file may end in zeros that nobody wrote. */
function isZero(segment: Buffer, from: number): boolean {
  for (let i = from; i < segment.length; i++) if (segment[i] !== 0) return false;
  return true;
}

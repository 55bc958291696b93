// The codec against whatever text: it answers, never throws, and what it accepts it also writes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../core/protocol/json-shape.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  unauthenticated,
} from "../../core/protocol/codec.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { ERROR_CODES, PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { Message } from "../../core/protocol/message.ts";
import { anyText, fuzzing } from "./strange-frames.ts";

const decoded = (text: string, limits = PROTOCOL_LIMITS): Message | FrameError =>
  decodeClientFrame(text, utf8Bytes(text), limits);

/** As JSON has it: no negative zero, nothing endless. */
const facts = ({ kind, id, to, n, key, body }: Message): unknown =>
  JSON.parse(JSON.stringify({ kind, id, to, n, key, body }));

test("[CN1] [CN2] [CN5] whatever the text: a message that reads as it is written, or an error that says why", () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      const read = decoded(text);
      if (read instanceof FrameError) {
        refused++;
        expect(ERROR_CODES).toContain(read.code);
        expect([undefined, 4001, 4002]).toContain(read.closeCode);
        expect(Number.isInteger(read.re) && read.re >= 0).toBe(true);
        return;
      }
      accepted++;
      expect(read).toBeInstanceOf(Message);
      expect(Object.getPrototypeOf(read.body ?? {})).toBe(Object.prototype);
      const again = decoded(encodeClientFrame(read));
      expect(again).toBeInstanceOf(Message);
      expect(facts(again as Message)).toEqual(facts(read));
    }),
    fuzzing("the codec", 4_000),
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(200); // Both ways were taken.
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("[CN1] [CN8] what is accepted of a peer is relayed as a frame that clients read", () => {
  fc.assert(
    fc.property(anyText, fc.nat(1_000), (text, s) => {
      const read = decoded(text);
      if (read instanceof FrameError || read.kind < 16) return; // Not relayed.
      const { kind, id, n, key, body } = read;
      const relayed = new Message(kind, id, "ann", "", n, 0, key, body);
      const frame = encodeServerFrame(relayed, s);
      expect(JSON.parse(frame)).toMatchObject({ from: "ann" });
      expect(() => decodeServerFrame(frame, frame.length)).not.toThrow();
    }),
    fuzzing("relayed frames", 2_000),
  );
});

test("[CN3] no frame over the limit is accepted, however it is made, and before authentication none over 4 KiB", () => {
  const strangers = unauthenticated(PROTOCOL_LIMITS);
  const filler = fc.integer({ min: 3_900, max: 66_000 });
  fc.assert(
    fc.property(anyText, filler, (text, length) => {
      const frame = text.padEnd(length);
      const bytes = utf8Bytes(frame);
      for (const [limits, max] of [
        [PROTOCOL_LIMITS, 65_536],
        [strangers, 4_096],
      ] as const) {
        const read = decoded(frame, limits);
        const isTooLarge = read instanceof FrameError && read.closeCode === 4002;
        expect(isTooLarge).toBe(bytes > max);
      }
    }),
    fuzzing("large frames", 300),
  );
});

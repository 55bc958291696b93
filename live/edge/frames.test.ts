import { WebSocket } from "ws";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Kind, Message } from "../../core/protocol/message.ts";
import { WireMessage } from "../wire-message.ts";
import { Frames } from "./frames.ts";

/** Reads one unmasked frame by the letter of RFC 6455 §5.2; returns its text and what follows. */
function readFrame(bytes: Buffer): { text: string; rest: Buffer } {
  expect(bytes[0]).toBe(0x81);
  const short = bytes[1]!;
  expect(short).toBeLessThan(128); // Not masked.
  let at = 2;
  let length = short;
  if (short === 126) {
    length = bytes.readUInt16BE(2);
    expect(length).toBeGreaterThan(125);
    at = 4;
  } else if (short === 127) {
    length = Number(bytes.readBigUInt64BE(2));
    expect(length).toBeGreaterThan(65_535);
    at = 10;
  }
  return { text: bytes.subarray(at, at + length).toString(), rest: bytes.subarray(at + length) };
}

/** The bytes that one recipient gets. */
function bytesOf(frames: Frames, message: Message, s: number): Buffer {
  const frame = frames.of(message, s);
  return s > 0 && frames.isSplit ? Buffer.concat([frame, frames.shared]) : frame;
}

function wire(shared: string): WireMessage {
  return new WireMessage(Kind.message, 0, "ann", 0, shared.length, "", shared);
}

const SIZES = [1, 123, 124, 125, 126, 127, 2_999, 3_000, 3_001, 65_533, 65_534, 65_535, 65_536];

test("[ED2] a frame without a number is one buffer for all, whatever its length", () => {
  const frames = new Frames();
  for (const size of SIZES) {
    const message = wire("x".repeat(size));
    const one = frames.of(message, 0);
    expect(frames.of(message, 0)).toBe(one);
    const { text, rest } = readFrame(one);
    expect(text).toBe(`{${"x".repeat(size)}`);
    expect(rest.length).toBe(0);
  }
});

test("[ED2] a frame with a number has it in front, whatever the lengths of both", () => {
  const frames = new Frames();
  for (const size of SIZES.flatMap((base) => [base, Math.max(1, base - 9), base - 1 || 1])) {
    const message = wire("y".repeat(size));
    for (const s of [1, 9, 10, 99, 412, 65_536, 2_147_483_647]) {
      const { text, rest } = readFrame(bytesOf(frames, message, s));
      expect(text).toBe(`{"s":${s},${"y".repeat(size)}`);
      expect(rest.length).toBe(0);
    }
  }
});

test("[ED2] characters of several bytes count as their bytes", () => {
  const frames = new Frames();
  for (const sign of ["é", "€", "𝄞", "日本"]) {
    for (const count of [1, 31, 41, 62, 63, 1_400, 21_845, 40_000]) {
      const message = wire(sign.repeat(count));
      expect(readFrame(bytesOf(frames, message, 0)).text).toBe(`{${sign.repeat(count)}`);
      expect(readFrame(bytesOf(frames, message, 7)).text).toBe(`{"s":7,${sign.repeat(count)}`);
    }
  }
});

test("[ED2] messages may alternate, and a message with a body is encoded as core does", () => {
  const frames = new Frames();
  const chat = new Message(Kind.message, 5, "bob", "", 0, 60, "", { text: "hé" });
  const cursor = new Message(Kind.cursor, 0, "ann", "", 0, 60, "", { x: 1 });
  for (let round = 0; round < 2; round++) {
    expect(JSON.parse(readFrame(bytesOf(frames, chat, 3)).text)).toEqual({
      s: 3,
      t: "message",
      id: 5,
      from: "bob",
      d: { text: "hé" },
    });
    expect(JSON.parse(readFrame(bytesOf(frames, cursor, 0)).text)).toEqual({
      t: "cursor",
      from: "ann",
      d: { x: 1 },
    });
  }
});

test("[ED2] a WebSocket client of another make reads them all, in order", async () => {
  const frames = new Frames();
  const messages = SIZES.map((size) => wire("z".repeat(size)));
  const server = createServer((socket) => {
    socket.once("data", (head) => {
      const key = /Sec-WebSocket-Key: (.*)\r\n/i.exec(head.toString())![1]!;
      const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      for (const message of messages) {
        socket.write(bytesOf(frames, message, 0));
        socket.write(bytesOf(frames, message, 12));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const texts: string[] = [];
  await new Promise<void>((resolve) => {
    client.on("message", (text) => {
      texts.push(String(text));
      if (texts.length === 2 * SIZES.length) resolve();
    });
  });
  client.terminate();
  server.close();
  expect(texts.map((text) => text.length)).toEqual(
    SIZES.flatMap((size) => [size + 1, size + `{"s":12,`.length]),
  );
});

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

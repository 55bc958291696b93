import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBusMessage, encodeBusMessage } from "./bus-codec.ts";
import { anyBusMessage, byType } from "../../test/parts/bus-messages.ts";

const NODE = { id: "n1", trunkUrl: "ws://10.0.0.7:7100/v1/trunk" };
const EDGE = { id: "e.1", trunkUrl: "" };

test.each(Object.entries(byType))("[NB4] %s reads as it was written", (_type, arbitrary) => {
  fc.assert(
    fc.property(arbitrary as fc.Arbitrary<never>, fc.constantFrom(NODE, EDGE), (said, sender) => {
      const heard = decodeBusMessage(encodeBusMessage(said, sender));
      expect(heard).toEqual({ message: said, sender });
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("[NB5] JSON of strangers is nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.jsonValue().map(String)), (text) => {
      expect(decodeBusMessage(text)).toBeUndefined();
    }),
    { seed: 2, numRuns: 500 },
  );
});

/** Every place in a JSON value, as a path. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]));
  return [path, ...inner];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  if (path.length === 0) return by;
  const [first, ...rest] = path as [string, ...string[]];
  const copy = (
    Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  ) as Record<string, unknown>;
  copy[first] = replaced(copy[first], rest, by);
  return copy;
}

test("[NB5] a message with one member replaced is nothing, or a message that can be written and read again", () => {
  fc.assert(
    fc.property(
      anyBusMessage,
      fc.nat(),
      fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>("inf", -1, 1e300, "", [], {}, null)),
      (said, where, by) => {
        const value: unknown = JSON.parse(encodeBusMessage(said, NODE));
        const paths = places(value);
        const text = JSON.stringify(replaced(value, paths[where % paths.length]!, by));
        const heard = decodeBusMessage(text);
        if (heard === undefined) return;
        const again = decodeBusMessage(encodeBusMessage(heard.message, heard.sender));
        expect(again).toEqual(heard);
      },
    ),
    { seed: 3, numRuns: 1_000 },
  );
});

const beat = {
  nodeId: "n1",
  incarnation: 7,
  region: "eu",
  zone: "a",
  state: "serving",
  activeConnections: 0,
  committedLoad: 0,
  maxConnections: 100,
  softLimit: 90,
  admitPerSec: 50,
};
const envelope = (m: unknown, more: object = {}): string =>
  JSON.stringify({ v: 1, from: "n1", m, ...more });

test("[NB5] members that a later release added are left out", () => {
  const heard = decodeBusMessage(
    envelope({ type: "beat", beat: { ...beat, mood: "fine" }, more: 1 }, { sent: 5 }),
  );
  expect(heard?.message).toEqual({ type: "beat", beat });
});

test.each([
  ["another version", envelope({ type: "beat", beat }, { v: 2 })],
  ["no version", envelope({ type: "beat", beat }, { v: undefined })],
  ["an unknown type", envelope({ type: "toString" })],
  ["a type of the prototype", envelope({ type: "constructor" })],
  [
    "a node whose name would divide the hash",
    envelope({ type: "beat", beat: { ...beat, nodeId: "a:b" } }),
  ],
  ["a sender without a name", envelope({ type: "beat", beat }, { from: "" })],
  ["a trunk that is no WebSocket", envelope({ type: "beat", beat }, { trunkUrl: "file:///x" })],
  [
    "a life that is no whole number",
    envelope({ type: "beat", beat: { ...beat, incarnation: 1.5 } }),
  ],
  ["a negative amount", envelope({ type: "beat", beat: { ...beat, softLimit: -1 } })],
  [
    "a member called __proto__",
    `{"v":1,"from":"n1","m":{"type":"orphans","rooms":[],"__proto__":{}}}`,
  ],
  [
    "a message of an unknown kind",
    envelope({
      type: "update",
      roomId: "r",
      nodeId: "n1",
      incarnation: 1,
      u: 1,
      message: [99, 0, "", "", 0, 0, "", null],
    }),
  ],
  [
    "a joined without a participant",
    envelope({
      type: "update",
      roomId: "r",
      nodeId: "n1",
      incarnation: 1,
      u: 1,
      message: [13, 0, "", "", 0, 0, "", {}],
    }),
  ],
  [
    "orphans without their sessions",
    envelope({
      type: "orphans",
      rooms: [
        {
          roomId: "r",
          expectedSize: 0,
          lostNodeId: "n1",
          participants: [{ id: "p", name: "" }],
          sessionIds: [],
          expectedWithinMs: 0,
        },
      ],
    }),
  ],
  ["brackets without end", "[".repeat(100_000)],
])("[NB5] %s is ignored", (_what, text) => {
  expect(decodeBusMessage(text)).toBeUndefined();
});

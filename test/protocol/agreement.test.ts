import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClientFrame, decodeServerFrame } from "../../core/protocol/codec.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { KIND_NAMES } from "../../core/protocol/message.ts";
import { INEXPRESSIBLE } from "../../core/protocol/schema/json-schema.ts";
import type { Schema } from "../../core/protocol/schema/schema.ts";
import { framesOf, payloadOf, sharedSchemas, type Side } from "../../live/protocol/asyncapi.ts";

// Frames are made from the schemas, right in most members and wrong in some, and judged three times: by the codec, by the
// published schema, and by the published schema with the limits in bytes that JSON Schema does not know.

const SIDES: readonly Side[] = ["client", "server"];
const CASES = SIDES.flatMap((side) =>
  framesOf(side).map((frame) => ({ side, frame, name: KIND_NAMES[frame.kind]! })),
);

function validator(side: Side, frame: (typeof CASES)[number]["frame"], knowsBytes: boolean) {
  const ajv = new Ajv({ strict: false });
  if (knowsBytes) {
    ajv.addKeyword({
      keyword: "x-maxBytes",
      type: "string",
      validate: (most: number, text: string) => Buffer.byteLength(text) <= most,
    });
    ajv.addKeyword({
      keyword: "x-maxJsonBytes",
      validate: (most: number, value: unknown) => Buffer.byteLength(JSON.stringify(value)) <= most,
    });
  }
  return ajv.compile({ ...payloadOf(side, frame), components: { schemas: sharedSchemas() } });
}

/** What is wrong nearly everywhere, or only nearly right. */
const ODD = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    "a b",
    "a\n",
    "\ud83d",
    "x\udc00",
    true,
    false,
    0,
    -1,
    -0,
    0.5,
    1.5,
    2_147_483_647,
    2_147_483_648,
    1e300,
    [],
    [1],
    ["a"],
    {},
    { a: 1, b: 2 },
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse('{"a":[{"__proto__":1}]}'),
  ),
  fc
    .constantFrom(64, 65, 128, 129, 256, 257, 1_013, 1_024, 1_025)
    .chain((length) =>
      fc.constantFrom("x".repeat(length), "é".repeat(length), "😀".repeat(length)),
    ),
  fc.nat(70).map((length) => Array.from({ length }, () => "word")),
  fc.nat(70).map((length) => Array.from({ length }, () => ({ candidate: "c" }))),
  fc.dictionary(fc.constantFrom("k", "a.b", "__proto__", "a b", ""), fc.jsonValue({ maxDepth: 2 })),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Once in `often` times a part is something odd. */
function right(schema: Schema, often: number): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case "string": {
      const values = schema.enum ?? schema["x-known"];
      if (values !== undefined) return fc.constantFrom(...values);
      return fc.constantFrom("a", "p_bob", "sfu", "r-1.x:y");
    }
    case "integer":
      return fc.integer({ min: schema.minimum ?? 0, max: 9_999 });
    case "number":
      return fc.double({ min: 0, max: Math.min(schema.maximum ?? 1e6, 1e6), noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(odd(right(schema.items, often), 3 * often), { minLength: 1, maxLength: 3 });
    case "free":
      return fc.constantFrom<unknown>({ k: 1 }, { k: { a: [1, "é"] } });
    case "object":
      return members(schema.properties, schema.required, often);
  }
}

/** The value, or once in `often` times something odd. */
function odd<Value>(value: fc.Arbitrary<Value>, often: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: often, arbitrary: value }, { weight: 1, arbitrary: ODD });
}

function members(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  often: number,
): fc.Arbitrary<unknown> {
  const entries = Object.entries(properties).map(([name, schema]) => {
    const value = odd(right(schema, often), often).map((one) => [[name, one]]);
    const there = required.includes(name) ? 3 * often : 2;
    return fc.oneof({ weight: there, arbitrary: value }, { weight: 1, arbitrary: fc.constant([]) });
  });
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: ODD.map((value) => [["extra", value]]) },
    { weight: 1, arbitrary: ODD.map((value) => [["__proto__", value]]) },
  );
  return fc.tuple(extra, ...entries).map((all) => {
    // By text: an assignment to __proto__ would set a prototype.
    const texts = all.flat().map(([name, value]) => `${JSON.stringify(name)}:${asText(value)}`);
    return JSON.parse(`{${texts.join(",")}}`) as unknown;
  });
}

function asText(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

test.each(CASES)(
  "[CN12] what the check of $name from the $side accepts, its published schema accepts, and the reverse",
  ({ side, frame, name }) => {
    const plain = validator(side, frame, false);
    const exact = validator(side, frame, true);
    const required = Object.keys(frame.members).filter((member) => !member.endsWith("?"));
    const properties: Record<string, Schema> = {};
    for (const [member, schema] of Object.entries(frame.members)) {
      properties[member.replace("?", "")] = schema;
    }
    if (frame.d !== undefined) properties["d"] = frame.d;
    if (frame.isBodyNeeded) required.push("d");
    const often = name === "joined" || name === "resumed" ? 80 : 12; // They have forty members.
    let accepted = 0;
    let runs = 0;
    fc.assert(
      fc.property(members(properties, required, often), (made) => {
        const text = JSON.stringify({ ...(made as object), t: name });
        const value = JSON.parse(text) as unknown;
        const read =
          side === "client"
            ? decodeClientFrame(text, 0, PROTOCOL_LIMITS)
            : decodeServerFrame(text, 0);
        const isFrame = !(read instanceof FrameError);
        expect(exact(value), `${text}: ${isFrame ? "a frame" : read.field}`).toBe(isFrame);
        if (isFrame) expect(plain(value), text).toBe(true);
        accepted += isFrame ? 1 : 0;
        runs++;
      }),
      { seed: 31, numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(runs / 10);
    if (properties["d"] !== undefined) expect(accepted).toBeLessThan(runs);
  },
);

test("[CN12] what JSON Schema cannot say is listed, and nothing else differs", () => {
  const words = new Set<string>();
  for (const { side, frame } of CASES) {
    const text = JSON.stringify(payloadOf(side, frame));
    for (const [word] of text.matchAll(/x-[A-Za-z]+/g)) words.add(word);
  }
  expect([...words].sort()).toEqual([...Object.keys(INEXPRESSIBLE), "x-known"].sort());

  const sdp = { t: "offer", to: "p", n: 1, d: { sdp: "é".repeat(30_000) } };
  const { frame } = CASES.find(({ name }) => name === "offer")!;
  expect(validator("client", frame, false)(sdp)).toBe(true);
  expect(validator("client", frame, true)(sdp)).toBe(false);
  expect(decodeClientFrame(JSON.stringify(sdp), 0, PROTOCOL_LIMITS)).toMatchObject({
    code: "too_large",
    field: "d.sdp",
  });
});

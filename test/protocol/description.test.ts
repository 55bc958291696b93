import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { asyncApiText } from "../../bin/protocol-text.ts";
import { decodeClientFrame, decodeServerFrame } from "../../core/protocol/codec.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { CloseCode, ERROR_CODES, PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { KIND_NAMES } from "../../core/protocol/message.ts";
import { SUBPROTOCOL } from "../../live/edge/front.ts";
import {
  asyncApi,
  examplesOf,
  framesOf,
  payloadOf,
  PROTOCOL_NAME,
  sharedSchemas,
  type Side,
} from "../../live/protocol/asyncapi.ts";
import { closeCodes } from "../../live/protocol/codes.ts";
import { withTables } from "../../live/protocol/tables.ts";

const docs = new URL("../../docs/", import.meta.url);
const page = readFileSync(new URL("protocol.md", docs), "utf8");
const file = readFileSync(new URL("asyncapi.yaml", docs), "utf8");

const SIDES: readonly Side[] = ["client", "server"];
const CASES = SIDES.flatMap((side) =>
  framesOf(side).map((frame) => ({ side, frame, name: KIND_NAMES[frame.kind]! })),
);

/** Reads a frame as the other side does. */
function read(side: Side, text: string): unknown {
  const bytes = Buffer.byteLength(text);
  return side === "client"
    ? decodeClientFrame(text, bytes, PROTOCOL_LIMITS)
    : decodeServerFrame(text, bytes);
}

test("[CN13] the file is what the schemas make, and reads back as it", () => {
  expect(file).toBe(asyncApiText());
  expect(parse(file)).toEqual(JSON.parse(JSON.stringify(asyncApi())));
  expect(PROTOCOL_NAME).toBe(SUBPROTOCOL);
});

test("[CN13] it is AsyncAPI 3.0", () => {
  const path = "../../node_modules/@asyncapi/specs/schemas/3.0.0.json";
  const schema = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as object;
  // The file brings JSON Schema itself along.
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  });
  const isValid: ValidateFunction = ajv.compile(schema);
  isValid(parse(file));
  expect(isValid.errors).toBe(null);
  expect(isValid({ ...(parse(file) as object), operations: { a: { action: "shout" } } })).toBe(
    false,
  );
});

test("[CN13] every reference leads somewhere", () => {
  const document = parse(file) as object;
  const references = [...file.matchAll(/\$ref: "?#\/([^"\n]+)"?/g)].map(([, path]) => path!);
  expect(references.length).toBeGreaterThan(100);
  for (const path of new Set(references)) {
    let place: unknown = document;
    for (const step of path.split("/")) place = (place as Record<string, unknown>)[step];
    expect(place, path).toBeTypeOf("object");
  }
});

test.each(CASES)(
  "[CN13] the examples of $name from the $side are frames",
  ({ side, frame, name }) => {
    const ajv = new Ajv({ strict: false });
    const isValid = ajv.compile({
      ...payloadOf(side, frame),
      components: { schemas: sharedSchemas() },
    });
    const examples = examplesOf(side, name);
    expect(examples.length).toBeGreaterThan(0);
    for (const { frame: example } of examples) {
      const text = JSON.stringify(example);
      expect(read(side, text), text).not.toBeInstanceOf(FrameError);
      expect(read(side, text), text).toBeDefined();
      expect(isValid(example), text).toBe(true);
      const named = ["t", "d", ...Object.keys(frame.members).map((one) => one.replace("?", ""))];
      expect(named).toEqual(expect.arrayContaining(Object.keys(example)));
    }
  },
);

test("[CN13] all codes are explained", () => {
  expect(closeCodes().map(({ code }) => code)).toEqual(Object.values(CloseCode));
  for (const code of ERROR_CODES) expect(page).toContain(`| \`${code}\` |`);
});

test("[CN13] the tables of the page are those of the schemas", () => {
  expect(withTables(page)).toBe(page);
  for (const { name } of CASES) expect(page).toContain(`#### \`${name}\``);
});

test("[CN13] every frame that the page shows is one", () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text!);
  const session = [...page.matchAll(/^ *([→←]) (\{.*\})$/gm)];
  expect(session.length).toBeGreaterThan(20);
  for (const [, arrow, text] of session) {
    const frame = read(arrow === "→" ? "client" : "server", text!);
    expect(frame, text).not.toBeInstanceOf(FrameError);
    expect(frame, text).toBeDefined();
  }
  for (const block of blocks) expect(() => JSON.parse(block), block).not.toThrow();
});

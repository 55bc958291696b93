// Frames as fuzzers send them: valid ones, nearly valid ones, and noise.

import fc from "fast-check";

const room = fc.constantFrom("den", "attic", "", "x".repeat(129), "den/../attic");
const id = fc.constantFrom("ann", "ben", "nobody", "sfu", "__proto__", "", "a\nb", "\ud83d", "é");

/** What JSON can say and no schema expects. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { depthSize: "small" },
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53 + 2,
    -(2 ** 63),
    "",
    [],
    {},
    "\u0000",
    "\ud83d",
    "x".repeat(5_000),
  ),
  id,
  room,
);

const number = fc.oneof(fc.nat(9), fc.nat(), oddValue);
const sdp = fc.oneof(fc.constant("v=0\r\n"), fc.string({ unit: "binary" }), oddValue);
const candidate = fc.record(
  { candidate: sdp, sdpMid: oddValue, sdpMLineIndex: number, usernameFragment: oddValue },
  { requiredKeys: ["candidate"] },
);
const free = fc.dictionary(
  fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "constructor", "toJSON", "t")),
  oddValue,
  { maxKeys: 4 },
);

const body = fc.oneof(
  free,
  fc.record({ sdp, restart: oddValue }, { requiredKeys: ["sdp"] }),
  fc.record({ list: fc.oneof(fc.array(candidate, { maxLength: 4 }), oddValue) }),
  fc.record({ on: oddValue, level: oddValue }, { requiredKeys: ["on"] }),
  fc.record({ on: fc.boolean(), level: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ ts: number, ack: number, s: number }, { requiredKeys: [] }),
  fc.record({ room, token: oddValue, name: oddValue, meta: oddValue, caps: oddValue }),
  fc.record({ room, token: oddValue, session: id, last: number }),
  fc.record({ hand: oddValue }),
  oddValue,
);

export const KINDS = [
  "join",
  "resume",
  "ping",
  "ack",
  "leave",
  "offer",
  "answer",
  "candidate",
].concat(
  ["end-of-candidates", "ice-restart", "state", "speaking", "quality", "cursor", "app-volatile"],
  ["message", "joined", "ok", "error", "drain", "toString", ""],
);

/** Not quite what a client sends. */
export const nearFrame: fc.Arbitrary<string> = fc
  .record(
    {
      t: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...KINDS) },
        { weight: 1, arbitrary: oddValue },
      ),
      id: number,
      to: fc.oneof(id, oddValue),
      n: number,
      d: body,
      extra: oddValue,
    },
    { requiredKeys: ["t", "d"] },
  )
  .map((frame) => JSON.stringify(frame));

/** Text with something cut, doubled or replaced. */
export const mutated: fc.Arbitrary<string> = fc
  .tuple(
    nearFrame,
    fc.nat(400),
    fc.nat(20),
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom('"', "{", "}", "[", "1e999", "\\u", "\\ud83d", ",", ":", '"__proto__":1,'),
    ),
  )
  .map(([text, at, length, instead]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + instead + text.slice(from + length);
  });

export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: nearFrame },
  { weight: 3, arbitrary: mutated },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 6 }) },
);

/** Runs and seed of a fuzzer, from FUZZ_RUNS and FUZZ_SEED; what it did is printed. */
export function fuzzing(
  what: string,
  runs: number,
): { readonly seed: number; readonly numRuns: number } {
  const numRuns = Math.ceil(runs * Number(process.env.FUZZ_RUNS ?? 1));
  const seed = Number(process.env.FUZZ_SEED ?? 20_260_101);
  console.info(`fuzzing ${what}: FUZZ_SEED=${seed}, ${numRuns} runs (FUZZ_RUNS times ${runs})`);
  return { seed, numRuns };
}

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { harmless, type LogFields, openLog, recordingLog, silentLog } from "./log.ts";

function written(level: "debug" | "info" | "warn" | "error"): {
  log: ReturnType<typeof openLog>;
  lines: string[];
} {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { log: openLog({ level, fields: { role: "edge" }, stream }), lines };
}

test("[OP1] a line is one JSON object with time, level, what every line says, and text", () => {
  const { log, lines } = written("info");
  log.info({ room: "standup", connection: 17, isNew: true, nothing: undefined }, "somebody came");
  log.debug({ room: "standup" }, "not so important");
  expect(lines).toHaveLength(1);
  const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(rest).toEqual({
    level: "info",
    role: "edge",
    room: "standup",
    connection: 17,
    isNew: true,
    text: "somebody came",
  });
});

const JWT =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm5hIiwicm9vbSI6InIifQ.c2lnbmF0dXJlc2ln";
const SDP =
  "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\na=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8g\r\n";
const CANDIDATE = "candidate:842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx";

test.each([
  ["a token", JWT],
  ["a token within words", `refused ${JWT} at the door`],
  ["an unfinished token", JWT.slice(0, 70)],
  ["a session description", SDP],
  ["one within JSON", JSON.stringify({ sdp: SDP })],
  ["an ICE line alone", "a=ice-pwd:x9cml/YzichV2+XlhiMu8g"],
  ["a candidate", CANDIDATE],
  ["an authorization", "Bearer swordfish"],
  ["a URL with a password", "nats://storm:glass@10.0.0.1:4222"],
  ["a URL with a token", "wss://example.org/v1/signal?room=r&token=abc"],
])("[OP2] %s is written nowhere, whatever it is called", (_what, secret) => {
  const { log, lines } = written("debug");
  const error = new Error(`while reading ${secret}`);
  log.warn({ reason: secret, error }, secret);
  log.debug({ list: [secret] } as unknown as LogFields, "a list");
  log.error({ nested: { deep: secret } } as unknown as LogFields, "an object");
  const text = lines.join("");
  expect(lines).toHaveLength(3);
  for (const part of secret.split(/[\s.\r\n]+/).filter((one) => one.length > 20)) {
    expect(text).not.toContain(part);
  }
  expect(text).not.toContain(secret);
  expect(text).toContain("[withheld]");
});

test("[OP2] names that mean a secret or a body are withheld, and do not compile", () => {
  const { log, lines } = written("info");
  // @ts-expect-error: a token is not logged.
  log.info({ token: "swordfish" }, "one");
  for (const name of ["Password", "sdp", "candidates", "authorization", "body", "meta"]) {
    log.info({ [name]: "swordfish" } as LogFields, "another");
  }
  expect(lines).toHaveLength(7);
  expect(lines.join("")).not.toContain("swordfish");
});

test("[OP2] addresses, ids, codes and node URLs are readable", () => {
  const fields = {
    room: "team-7.standup:eu",
    session: "s_0d5f2a7c9e1b",
    node: "n1",
    address: "203.0.113.9",
    server: "nats://10.0.0.1:4222",
    trunk: "wss://node-3.example.org:7100/v1/trunk",
    code: 4100,
    reason: "the resume token is not valid",
  };
  expect(harmless(fields)).toEqual(fields);
});

test("[OP2] whatever the fields, a line is one line, and long values are cut", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), fc.string(), (fields, text) => {
      const { log, lines } = written("info");
      log.info(fields as LogFields, text);
      expect(lines).toHaveLength(1);
      expect(lines[0]!.trimEnd()).not.toContain("\n");
      expect(() => JSON.parse(lines[0]!) as unknown).not.toThrow();
    }),
    { seed: 1, numRuns: 200 },
  );
  expect(harmless({ reason: "x ".repeat(10_000) }).reason).toHaveLength(512 + "… (20000)".length);
});

test("a recording log keeps what would have been written, a silent one nothing", () => {
  const log = recordingLog();
  log.warn({ room: "r", error: new TypeError("no") }, "so it is");
  silentLog.error({ room: "r" }, "unheard");
  expect(log.lines).toMatchObject([
    { level: "warn", fields: { room: "r", error: "TypeError: no" }, text: "so it is" },
  ]);
});

test("[OP3] lines are written in the background, and all of them by the time it is flushed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-log-"));
  const file = join(directory, "log");
  const fd = openSync(file, "w");
  const log = openLog({ level: "info", fd });
  for (let i = 0; i < 200; i++) log.info({ connection: i }, "opened");
  await new Promise((resolve) => setImmediate(resolve));
  await log.flush();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { connection: number }).connection)).toEqual(
    Array.from({ length: 200 }, (_, i) => i),
  );
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

test("[OP3] for people a line is readable", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-log-"));
  const file = join(directory, "log");
  const fd = openSync(file, "w");
  const log = openLog({ level: "info", fd, format: "pretty" });
  log.info({ room: "standup" }, "somebody came");
  await log.flush();
  expect(readFileSync(file, "utf8")).toMatch(/INFO.*somebody came\n\s+room: "standup"/);
  rmSync(directory, { recursive: true });
});

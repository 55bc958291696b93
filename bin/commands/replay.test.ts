import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Packr } from "msgpackr";
import { expect, test } from "vitest";
import { lookAtFrame, sealFrame } from "../../live/recording/frames.ts";
import { recordedRun } from "../../live/recording/recorded-loopback.ts";
import { main } from "../cli.ts";
import { processOutside, type Terminal } from "../outside.ts";

async function stormglass(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const terminal = (name: "out" | "err"): Terminal => ({
    write: (text) => (said[name] += text),
    isTTY: false,
    columns: 120,
    stream: undefined,
  });
  const [stdout, stderr] = [terminal("out"), terminal("err")];
  const code = await main({ ...processOutside(), args, env: {}, stdout, stderr }, "");
  return { code, ...said };
}

test("[RP11, RP2] replay says what it replayed, and what differs, and its code says the verdict", async () => {
  const { directory, facts } = await recordedRun([
    [3, 1],
    [0, 3],
    [9, 0],
    [0, 3],
  ]);
  const same = await stormglass("replay", directory);
  expect(same).toMatchObject({ code: 0, err: "" });
  expect(same.out).toMatch(/^[\d,.]+k? facts of 4 machines: the same orders came out\.\n/);
  expect(same.out).toContain("Recorded by stormglass 0, replayed by");
  const json = await stormglass("replay", directory, "--json");
  const lives = JSON.parse(json.out) as readonly { facts: number; machine: string }[];
  expect(lives.reduce((sum, life) => sum + life.facts, 0)).toBe(facts);
  expect(lives.map(({ machine }) => machine).sort()).toEqual(["e0", "e1", "n0", "n1"]);
  const early = await stormglass("replay", directory, "--json", "--machine", "e1", "--until", "0");
  expect(JSON.parse(early.out)).toMatchObject([{ machine: "e1", fromMs: 0, toMs: 0 }]);

  // Half a frame behind whole ones is torn; whole ones behind it make it damage.
  const file = join(
    directory,
    readdirSync(directory).find((name) => name.startsWith("edge-e0"))!,
  );
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, -3));
  const torn = await stormglass("replay", directory, "--json", "--machine", "edge e0");
  expect(torn.code).toBe(0);
  expect((JSON.parse(torn.out) as [{ tornBytes: number }])[0].tornBytes).toBeGreaterThan(0);
  writeFileSync(file, Buffer.concat([whole.subarray(0, -3), whole]));
  const damaged = await stormglass("replay", directory);
  expect(damaged.code).toBe(3);
  expect(damaged.out).toContain("1 of 4 lives did not replay");
  expect(damaged.out.replace(/\s/g, "")).toContain(file);
});

/** The segment with another hash in the outcome of its n-th fact that had orders: as if core had ordered something else. */
function altered(segment: Buffer, n: number): Buffer {
  const packr = new Packr({ useRecords: false });
  let seen = 0;
  let at = lookAtFrame(segment, 0).end;
  for (; ; at = lookAtFrame(segment, at).end) {
    const end = lookAtFrame(segment, at).end;
    const [fact, outcome] = packr.unpackMultiple(segment.subarray(at + 8, end)) as unknown[][];
    if (outcome === undefined || ++seen < n) continue;
    outcome[1] = (outcome[1] as number) ^ 1;
    const payload = [packr.pack(fact), packr.pack(outcome)].map((part) => Buffer.from(part));
    const frame = Buffer.concat([Buffer.alloc(8), ...payload]);
    sealFrame(frame, 0, frame.length);
    return Buffer.concat([segment.subarray(0, at), frame, segment.subarray(end)]);
  }
}

test("[RP11, RP2] a difference is 13, with time, machine, fact number and fact", async () => {
  const { directory } = await recordedRun([[3, 1]]);
  const file = join(
    directory,
    readdirSync(directory).find((name) => name.startsWith("node-n1"))!,
  );
  writeFileSync(file, altered(readFileSync(file), 3));
  const { code, out } = await stormglass("replay", directory);
  expect(code).toBe(13);
  expect(out).toMatch(/node n1, 1970-01-01T00:00:0\d\.\d{3}Z, fact \d+: \w+\(/);
  expect(out).toContain("the same orders with other contents: ");
  expect((await stormglass("replay", directory, "--machine", "n0")).code).toBe(0);
});

test("[RP11] a directory that is missing or empty, and a time that is none, have their codes", async () => {
  const empty = mkdtempSync(join(tmpdir(), "stormglass-facts-"));
  expect(await stormglass("replay", empty)).toMatchObject({ code: 3, out: "" });
  expect(await stormglass("replay", join(empty, "missing"))).toMatchObject({ code: 3, out: "" });
  expect((await stormglass("replay", empty, "--until", "soon")).code).toBe(2);
});

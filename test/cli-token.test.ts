import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import { secretBytes } from "../live/auth/secret.ts";
import { JwtVerifier } from "../live/auth/token-verifier.ts";
import { processClock } from "../live/clock.ts";

const program = new URL("../dist/bin/stormglass.js", import.meta.url).pathname;
const SECRET = "a secret for this test alone, 32 bytes and more";
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
  writeFileSync(join(directory, "jwt.secret"), `${SECRET}\n`);
  writeFileSync(join(directory, "short.secret"), "short\n");
});
afterAll(() => rmSync(directory, { recursive: true }));

function token(...args: string[]) {
  const done = spawnSync(process.execPath, [program, "token", ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "" },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const bob = ["--room", "standup", "--sub", "bob"];

test("[AU15] the program's tokens open what they say, and their secret is not to be seen", () => {
  for (const [args, secret] of [
    [["--dev"], DEV_SECRET],
    [["--secret-file", "jwt.secret"], SECRET],
  ] as const) {
    const { code, out, err } = token(...args, ...bob, "--max-room", "3");
    const verifier = new JwtVerifier({ clock: processClock, secrets: [secretBytes(secret)] });

    expect(code).toBe(0);
    expect(verifier.verify(out.trim())).toMatchObject({
      ok: true,
      claims: { participantId: "bob", roomId: "standup", roomMax: 3 },
    });
    expect(out + err).not.toContain(secret);
  }
});

test("[CL2, AU15] no secret, or a weak one, is code 3 and says what to do; a bad id is code 2", () => {
  for (const [args, code, message] of [
    [bob, 3, "secret: must be given: --secret-file <file>, STORMGLASS_JWT_SECRET, or --dev"],
    [[...bob, "--secret-file", "short.secret"], 3, "short.secret: The secret must have at least"],
    [["--dev", "--room", "a/b", "--sub", "bob"], 2, "It must be 1 to 128 letters"],
    [["--dev", "--room", "standup"], 2, "required option '--sub <id>'"],
  ] as const) {
    const done = token(...args);

    expect([done.code, done.out]).toEqual([code, ""]);
    expect(done.err).toContain(message);
  }
});

test("[CL1] its help begins with two examples", () => {
  const { code, out } = token("--help");

  expect(code).toBe(0);
  expect(out).toMatch(/^Examples:\n {2}stormglass token .*\n {2}stormglass token /);
});

import { Command } from "commander";
import { jwtVerify } from "jose";
import { expect, test } from "vitest";
import { DEV_SECRET } from "../../live/auth/dev-secret.ts";
import { secretBytes } from "../../live/auth/secret.ts";
import { JwtVerifier } from "../../live/auth/token-verifier.ts";
import { processClock } from "../../live/clock.ts";
import type { Outside, Terminal } from "../outside.ts";
import { addToken } from "./token.ts";

const FIRST = "the first secret of the file, 32 bytes and more";
const SECOND = "the second secret of the file, 32 bytes and more";
const FILES: Readonly<Record<string, string>> = {
  "jwt.secret": `${FIRST}\n${SECOND}\n`,
  "short.secret": "short\n",
  "empty.secret": "\n",
};

/** What the command writes; throws what it throws. */
function token(args: readonly string[], env: Record<string, string> = {}) {
  let out = "";
  let err = "";
  const terminal = (write: (text: string) => void): Terminal => ({
    write,
    isTTY: false,
    columns: 80,
    stream: undefined,
  });
  const outside = {
    env,
    stdout: terminal((text) => (out += text)),
    stderr: terminal((text) => (err += text)),
    readFile: (path: string) => FILES[path],
  } as unknown as Outside;
  const program = new Command()
    .exitOverride()
    .configureOutput({ writeErr: (text) => (err += text) });
  let code = -1;
  addToken(program, outside, (result) => (code = result));
  program.commands[0]!.exitOverride().configureOutput({ writeErr: () => {} });
  program.parse(["token", ...args], { from: "user" });
  return { code, out, err };
}

const alice = ["--room", "standup", "--sub", "alice"];

test("[AU15] with the development secret it opens `serve --dev`, and says so on stderr alone", () => {
  const { code, out, err } = token(["--dev", ...alice]);
  const verifier = new JwtVerifier({ clock: processClock, secrets: [secretBytes(DEV_SECRET)] });

  expect(code).toBe(0);
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(verifier.verify(out.trim())).toMatchObject({
    ok: true,
    claims: { participantId: "alice", roomId: "standup", roomMax: Infinity, expectedSize: 0 },
  });
  expect(err).toContain("joins room standup as alice");
  expect(err).toContain("Only `stormglass serve --dev` takes it");
});

test("[AU15] every option becomes the claim that another library reads", async () => {
  const sizes = ["--max-room", "12", "--expected-size", "9"];
  const { out } = token(
    [...alice, ...sizes, "--ttl", "1m30s", "--iss", "us", "--aud", "calls", "--json"],
    { STORMGLASS_JWT_SECRET: SECOND },
  );
  const told = JSON.parse(out) as { token: string; expiresAt: string };
  const { payload } = await jwtVerify(told.token, Buffer.from(SECOND), {
    algorithms: ["HS256"],
    issuer: "us",
    audience: "calls",
  });

  expect(payload).toMatchObject({ sub: "alice", room: "standup", maxRoom: 12, expectedSize: 9 });
  expect([90, 91]).toContain(payload.exp! - payload.iat!);
  expect(told).toMatchObject({ room: "standup", sub: "alice", iss: "us", aud: "calls" });
  expect(Math.abs(Date.parse(told.expiresAt) - payload.exp! * 1_000)).toBeLessThanOrEqual(1_000);
});

test("[AU15] the secret: --dev or --secret-file, then the variable, then the file it names", async () => {
  const env = { STORMGLASS_JWT_SECRET: SECOND, STORMGLASS_JWT_SECRET_FILE: "jwt.secret" };
  const signer = async (args: readonly string[], from: Record<string, string>): Promise<string> => {
    const { out, err } = token([...alice, ...args], from);
    for (const secret of [DEV_SECRET, FIRST, SECOND]) expect(out + err).not.toContain(secret);
    for (const secret of [DEV_SECRET, FIRST, SECOND]) {
      const isIts = await jwtVerify(out.trim(), Buffer.from(secret)).then(
        () => true,
        () => false,
      );
      if (isIts) return secret;
    }
    return "another";
  };

  expect(await signer(["--dev"], env)).toBe(DEV_SECRET);
  expect(await signer(["--secret-file", "jwt.secret"], env)).toBe(FIRST);
  expect(await signer([], env)).toBe(SECOND);
  expect(await signer([], { STORMGLASS_JWT_SECRET_FILE: "jwt.secret" })).toBe(FIRST);
});

test.each([
  [[], "secret: must be given: --secret-file <file>, STORMGLASS_JWT_SECRET, or --dev"],
  [["--secret-file", "none"], "none: must be a file that can be read"],
  [["--secret-file", "empty.secret"], "empty.secret: must hold a secret, but is empty"],
  [
    ["--secret-file", "short.secret"],
    "short.secret: The secret must have at least 32 bytes, got 5",
  ],
  [["--dev", "--secret-file", "jwt.secret"], "must not be given both"],
  [["--dev", "--iss", "x".repeat(4_000)], "servers take tokens of 4096 bytes"],
])("[AU15] %j is refused: %s", (args, message) => {
  expect(() => token([...alice, ...args])).toThrow(message);
});

test.each([
  [["--sub", "alice"], "required option '--room <id>'"],
  [["--room", "standup"], "required option '--sub <id>'"],
  [["--room", "stand up", "--sub", "alice"], "It must be 1 to 128 letters, digits or any of ._:-"],
  [[...alice, "--ttl", "60"], "It must be a duration with a unit"],
  [[...alice, "--ttl", "10ms"], "It must be from 1s to 3650d."],
  [[...alice, "--ttl", "9999999d"], "It must be from 1s to 3650d."],
  [[...alice, "--max-room", "0"], "It must be a whole number from 1."],
  [[...alice, "--expected-size", "-1"], "It must be a whole number from 0."],
])("[CL2, AU15] %j is a usage error: %s", (args, message) => {
  expect(() => token(["--dev", ...args])).toThrow(message);
});

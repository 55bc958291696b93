import { type JWK } from "jose";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloseCode } from "../../core/protocol/limits.ts";
import { recordingLog } from "../operations/log.ts";
import { good, pair, reasonOf, StandingClock, verifier } from "./fixtures.ts";
import { PublicKeysFile, PublicKeysUrl, type UrlOptions } from "./public-keys.ts";

let directory = "";
let file = "";
const closing: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
  file = join(directory, "keys.json");
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(directory, { recursive: true });
});

const jwksText = (...keys: unknown[]): string => JSON.stringify({ keys });
const quick = { pollMs: 20, settleMs: 5 };
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

function watched(log = recordingLog()) {
  const keys = new PublicKeysFile(file, log, quick);
  closing.push(() => keys.close());
  return { keys, log, one: verifier({ publicKeys: keys }) };
}

test("[AU6] a key set that is replaced counts from then on, and the old one no more", async () => {
  const [before, after] = await Promise.all([pair("ES256", "k1"), pair("EdDSA", "k2")]);
  writeFileSync(file, jwksText(before.jwk));
  const { keys, one } = watched();
  let changes = 0;
  keys.onChange(() => changes++);
  expect(await one.verify(await before.sign())).toMatchObject({ ok: true });

  writeFileSync(`${file}.new`, jwksText(after.jwk));
  renameSync(`${file}.new`, file);
  await until(() => changes === 1);

  expect(await one.verify(await after.sign())).toMatchObject({ ok: true });
  expect(reasonOf(await one.verify(await before.sign()))).toBe("no public key matches");
});

test("[AU6] a file that becomes no key set is logged, and the keys in force stay", async () => {
  const { jwk, sign } = await pair("ES256", "k1");
  writeFileSync(file, jwksText(jwk));
  const { log, one } = watched();
  writeFileSync(file, '{"keys": [');
  await until(() => log.lines.length > 0);

  expect(log.lines[0]).toMatchObject({ level: "error" });
  expect(await one.verify(await sign())).toMatchObject({ ok: true });
});

test("[AU6] a file that is no key set, or holds a secret, is refused at the start by its name", async () => {
  const { jwk } = await pair("ES256", "k1");
  const open = (): unknown => new PublicKeysFile(file, recordingLog(), quick);

  expect(open).toThrow(`${file}: ENOENT`);
  for (const [text, message] of [
    ["", "JSON"],
    ["null", "must be a JWKS"],
    ["{}", "must be a JWKS"],
    ['{"keys":[]}', "at least one key"],
    [jwksText(jwk, { kty: "oct", k: "AAAA" }), "one of them is secret"],
    [jwksText({ ...jwk, d: "AAAA" }), "one of them is secret"],
    [jwksText(5), "malformed"],
  ] as const) {
    writeFileSync(file, text);
    expect(open).toThrow(file);
    expect(open).toThrow(message);
  }
});

test("[AU2] of two keys that match, none is tried: tokens need a kid", async () => {
  const [a, b] = await Promise.all([pair("ES256", "k1"), pair("ES256", "k1")]);
  writeFileSync(file, jwksText(a.jwk, b.jwk));

  expect(reasonOf(await watched().one.verify(await a.sign()))).toContain("tokens need a kid");
});

/** An issuer's address: answers with the keys, or with `status`. */
class Issuer {
  keys: JWK[] = [];
  status = 200;
  asked = 0;
  readonly #server: Server = createServer((_, response) => {
    this.asked++;
    response.writeHead(this.status).end(jwksText(...this.keys));
  });

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    closing.push(() => this.#server.close());
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`);
  }
}

async function asking(issuer: Issuer, options: UrlOptions = {}) {
  const clock = new StandingClock();
  const log = recordingLog();
  const keys = new PublicKeysUrl(await issuer.listen(), clock, log, options);
  closing.push(() => keys.close());
  return { clock, log, one: verifier({ clock, publicKeys: keys }) };
}

test("[AU7] keys are asked for once when first needed; unknown key ids wait for the cooldown", async () => {
  const issuer = new Issuer();
  const [known, unknown] = await Promise.all([pair("ES256", "k1"), pair("ES256", "k9")]);
  issuer.keys = [known.jwk];
  const { one } = await asking(issuer);
  expect(issuer.asked).toBe(0);

  const tokens = await Promise.all(["a", "b", "c"].map((sub) => known.sign({ ...good, sub })));
  const verdicts = await Promise.all(tokens.map((token) => one.verify(token)));
  expect(verdicts.every((verdict) => verdict.ok)).toBe(true);
  for (const sub of ["a", "b", "c"]) {
    const token = await unknown.sign({ ...good, sub });
    expect(reasonOf(await one.verify(token))).toBe("no public key matches");
  }
  expect(issuer.asked).toBe(1);
});

test("[AU7] after the cooldown an unknown key id makes the issuer's new key known", async () => {
  const issuer = new Issuer();
  const [before, after] = await Promise.all([pair("ES256", "k1"), pair("ES256", "k2")]);
  issuer.keys = [before.jwk];
  const { one } = await asking(issuer, { cooldownMs: 0 });
  await one.verify(await before.sign());
  issuer.keys = [before.jwk, after.jwk];

  expect(await one.verify(await after.sign())).toMatchObject({ ok: true });
  expect(issuer.asked).toBe(2);
});

test("[AU7] keys that are old are asked for beside the verification, and what is withdrawn counts no more", async () => {
  const issuer = new Issuer();
  const [before, after] = await Promise.all([pair("ES256", "k1"), pair("ES256", "k2")]);
  issuer.keys = [before.jwk];
  const { clock, log, one } = await asking(issuer, { refreshMs: 10_000, cooldownMs: 1e9 });
  const token = await before.sign();
  await one.verify(token);
  issuer.keys = [after.jwk];
  clock.ms += 10_001;

  expect(await one.verify(await before.sign({ ...good, sub: "bob" }))).toMatchObject({ ok: true });
  await until(() => log.lines.length === 2);
  expect(reasonOf(await one.verify(token))).toBe("no public key matches");
  expect(await one.verify(await after.sign())).toMatchObject({ ok: true });
  expect(issuer.asked).toBe(2);
});

test("[AU7] an issuer that does not answer: busy at first, old keys later, and it is not pressed", async () => {
  const issuer = new Issuer();
  const { jwk, sign } = await pair("ES256", "k1");
  issuer.keys = [jwk];
  issuer.status = 503;
  const { clock, log, one } = await asking(issuer, { refreshMs: 10_000, retryMs: 2_000 });

  for (const sub of ["a", "b", "c"]) {
    expect(await one.verify(await sign({ ...good, sub }))).toMatchObject({ code: CloseCode.busy });
  }
  expect(issuer.asked).toBe(1);
  issuer.status = 200;
  clock.ms += 2_000;
  expect(await one.verify(await sign())).toMatchObject({ ok: true });

  issuer.status = 503;
  clock.ms += 10_001;
  expect(await one.verify(await sign({ ...good, sub: "d" }))).toMatchObject({ ok: true });
  await until(() => issuer.asked === 3 && log.lines.length === 3);
  expect(await one.verify(await sign({ ...good, sub: "e" }))).toMatchObject({ ok: true });
  expect(issuer.asked).toBe(3);
  issuer.status = 200;
  issuer.keys = []; // Counts as no answer.
  clock.ms += 2_000;
  expect(await one.verify(await sign({ ...good, sub: "f" }))).toMatchObject({ ok: true });
  await until(() => log.lines.length === 4);
  expect(await one.verify(await sign({ ...good, sub: "g" }))).toMatchObject({ ok: true });
  expect(log.lines.map(({ level }) => level)).toEqual(["warn", "info", "warn", "warn"]);
});

// Tokens that must open nothing: the answer and the close code of each, over a real socket, and not a word of any in the log.

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { expect, test } from "vitest";
import {
  guarded,
  type Guarded,
  honestPairTalks,
  nowS,
  part,
  SECRET,
  signed,
  tokenFor,
} from "./guarded.ts";

const good = { room: "vault", sub: "mallory", exp: nowS() + 600 };
const [UNAUTHORIZED, EXPIRED, FORBIDDEN] = [4010, 4011, 4013];

/** What happens to somebody who shows this token for "vault". */
async function shown(at: Guarded, token: string): Promise<readonly [string, number]> {
  const wire = await at.dial();
  const answer = await wire.join("vault", token);
  const code = String(answer.d?.["code"] ?? answer.t);
  return [code, answer.t === "joined" ? 0 : await wire.closed()];
}

const BAD: Readonly<Record<string, () => string>> = {
  "not yet valid": () => signed({ ...good, nbf: nowS() + 3_600 }),
  "signed with another key": () => signed(good, undefined, "some other key that is long enough"),
  "signed with an empty key": () => signed(good, undefined, ""),
  "claims changed after signing": () => {
    const [header, , signature] = signed({ ...good, room: "lobby" }).split(".");
    return `${header}.${part(good)}.${signature}`;
  },
  "alg none, unsigned": () => `${part({ alg: "none" })}.${part(good)}.`,
  "alg none, in capitals": () => `${part({ alg: "NONE" })}.${part(good)}.`,
  "alg none, signed": () => signed(good, { alg: "none" }),
  "no alg": () => signed(good, { typ: "JWT" }),
  "alg HS512 with an HS256 signature": () => signed(good, { alg: "HS512" }),
  "alg RS256 without any public key": () => signed(good, { alg: "RS256" }),
  "a list of algorithms": () => signed(good, { alg: ["HS256", "none"] }),
  "a kid that is a path": () => signed(good, { alg: "HS256", kid: "../../dev/null" }, ""),
  "a kid that is SQL": () => signed(good, { alg: "HS256", kid: "' UNION SELECT 'k" }, "k"),
  "a key of its own": () => signed(good, { alg: "HS256", jwk: { kty: "oct", k: "aw" } }, "k"),
  "a key elsewhere": () => signed(good, { alg: "HS256", jku: "http://127.0.0.1:1/k" }, "k"),
  "a critical extension": () => signed(good, { alg: "HS256", crit: ["b64"], b64: false }),
  "no sub": () => signed({ ...good, sub: undefined }),
  "no room": () => signed({ ...good, room: undefined }),
  "no exp": () => signed({ ...good, exp: undefined }),
  "exp as text": () => signed({ ...good, exp: String(good.exp) }),
  "exp beyond all numbers": () =>
    `${signed("{}")}`.replace(/\.[^.]+\./, `.${part('{"exp":1e999}')}.`),
  "exp beyond all numbers, signed": () => signed('{"room":"vault","sub":"mallory","exp":1e999}'),
  "sub with a line feed": () => signed({ ...good, sub: "mal\nlory" }),
  "sub with half a surrogate pair": () => signed({ ...good, sub: "\ud83d" }),
  "sub of another script": () => signed({ ...good, sub: "mаllory" }), // A Cyrillic a.
  "sub with a right-to-left mark": () => signed({ ...good, sub: "mallory\u202e" }),
  "sub that is the prototype's": () =>
    signed('{"room":"vault","__proto__":{"sub":"x"},"exp":9999999999}'),
  "room with a wildcard": () => signed({ ...good, room: "*" }),
  "rooms as a list": () => signed({ ...good, room: ["vault"] }),
  "claims that are a list": () => signed([good]),
  "claims that are no JSON": () => signed("{room:vault}"),
  "claims in invalid UTF-8": () => {
    const claims = Buffer.from(JSON.stringify({ ...good, sub: "a" })).toString("latin1");
    return signedBytes(Buffer.from(claims.replace('"a"', '"\xff\xfe"'), "latin1"));
  },
  "maxRoom below one": () => signed({ ...good, maxRoom: 0 }),
  "two parts": () => signed(good).split(".").slice(0, 2).join("."),
  "four parts": () => `${signed(good)}.${part("x")}`,
  "padded base64": () => `${signed(good)}=`,
  "other base64 letters": () =>
    signed({ ...good, n: "\u00bf\u00ff\u00fe>>>???" }).replace(/[-_]/g, "+"),
  "white space around it": () => ` ${signed(good)} `,
  "no token at all": () => "",
  "only dots": () => "..",
};

function signedBytes(claims: Buffer): string {
  const token = signed("x");
  return token.replace(/\.[^.]+\./, `.${claims.toString("base64url")}.`);
}

test("[AU1] [AU2] [AU3] [AU4] no bad token opens the room: unauthorized, 4010", async () => {
  const at = await guarded();
  const tokens = Object.entries(BAD).map(([what, make]) => [what, make()] as const);
  const outcomes: Record<string, readonly [string, number]> = {};
  for (const [what, token] of tokens) outcomes[what] = await shown(at, token);

  const expected = Object.fromEntries(
    tokens.map(([what]) => [what, ["unauthorized", UNAUTHORIZED]] as const),
  );
  expect(outcomes).toEqual(expected);
  expect(await shown(at, signed({ ...good, exp: nowS() - 3_600 }))).toEqual([
    "unauthorized",
    EXPIRED,
  ]);
  expect(await shown(at, signed({ ...good, room: "lobby" }))).toEqual(["forbidden", FORBIDDEN]);
  expect(await shown(at, signed({ ...good, room: "Vault" }))).toEqual(["forbidden", FORBIDDEN]);
  expect(at.server.node!.driver.core.context.roomOf("vault")).toBeUndefined();
  expect(await shown(at, signed(good))).toEqual(["joined", 0]);
  await honestPairTalks(at.url);

  const log = at.logText();
  expect(log.split("A token is refused").length - 1).toBe(tokens.length + 1);
  for (const [, token] of tokens) {
    const parts = token.split(".").filter((letters) => letters.length > 12);
    for (const letters of parts) expect(log).not.toContain(letters);
  }
});

test("[AU3] issuer and audience that are configured must be named", async () => {
  const at = await guarded({ jwt: { secret: SECRET, issuer: ["us"], audience: ["rtc", "rtc2"] } });
  const both = { ...good, iss: "us", aud: "rtc" };
  for (const claims of [
    good,
    { ...both, iss: "them" },
    { ...both, iss: ["us"] },
    { ...both, iss: "US" },
    { ...both, aud: "web" },
    { ...both, aud: ["web"] },
    { ...both, aud: { rtc: true } },
    { ...both, aud: "rtc rtc2" },
  ]) {
    expect([claims, await shown(at, signed(claims))]).toEqual([
      claims,
      ["unauthorized", UNAUTHORIZED],
    ]);
  }
  expect(await shown(at, signed({ ...both, aud: ["web", "rtc2"] }))).toEqual(["joined", 0]);
});

test("[AU2] with public keys, one used as a secret opens nothing, nor does another's signature", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-keys-"));
  try {
    const [ours, theirs] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 2_048 }));
    const jwk = { ...(await exportJWK(ours!.publicKey)), kid: "k1", alg: "RS256" };
    const jwksFile = join(directory, "jwks.json");
    writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }));
    const at = await guarded({ jwt: { secret: undefined, jwksFile } });
    const sign = (key = ours!, kid = "k1", alg = "RS256") =>
      new SignJWT({ ...good }).setProtectedHeader({ alg, kid }).sign(key.privateKey);

    const pem = ours!.publicKey.export({ type: "spki", format: "pem" }).toString();
    const header = { alg: "HS256", kid: "k1" };
    const forged = [
      signed(good, header, pem),
      signed(good, header, pem.trim()),
      signed(good, header, ours!.publicKey.export({ type: "spki", format: "der" })),
      signed(good, header, JSON.stringify(jwk)),
      signed(good, header, String(jwk.n)),
      signed(good, { ...header, alg: "RS256" }, pem),
      await sign(theirs),
      await sign(ours, "k2"),
      await sign(ours, "../k1"),
      await sign(ours, "__proto__"),
    ];
    for (const [i, token] of forged.entries()) {
      expect([i, await shown(at, token)]).toEqual([i, ["unauthorized", UNAUTHORIZED]]);
    }
    expect(await shown(at, await sign())).toEqual(["joined", 0]);
    for (const token of forged) expect(at.logText()).not.toContain(token.split(".")[2]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("[CN3] a token of more than 4 KiB is no frame before the client is in, and no token after", async () => {
  const at = await guarded();
  const huge = tokenFor("vault", "mallory", { filler: "x".repeat(8_000) });
  const wire = await at.dial();
  wire.send({ t: "join", id: 1, d: { room: "vault", token: huge } });
  expect(await wire.closed()).toBe(4002);

  const inside = await at.dial();
  await inside.join("vault", signed(good));
  const answer = await inside.join("vault", huge);
  expect(answer.d).toMatchObject({ code: "too_large", field: "d.token" });
  expect(at.logText()).not.toContain(huge.slice(0, 100));
});

test("[AU4] [OP2] [ED7] nothing secret is logged: tokens good and bad, descriptions, candidates, names", async () => {
  const at = await guarded();
  const marks = { ann: "zebrafishAnn", ben: "zebrafishBen" };
  const tokens = Object.fromEntries(
    Object.entries(marks).map(([id, mark]) => [id, tokenFor("vault", id, { mark })]),
  );
  const ann = await at.dial();
  const ben = await at.dial();
  const joined = await ann.join("vault", tokens["ann"]!, marks.ann);
  await ben.join("vault", tokens["ben"]!, marks.ben);
  const sdp = `v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\na=ice-pwd:pelicanPassword\r\n`;
  const candidate = "candidate:1 1 udp 2122 192.0.2.77 5000 typ host ufrag pelicanUfrag";
  ann.send({ t: "offer", id: 2, to: "ben", n: 1, d: { sdp } });
  ann.send({ t: "candidate", id: 3, to: "ben", n: 1, d: { list: [{ candidate }] } });
  ann.send({ t: "message", id: 4, d: { secret: "pelicanMessage" } });
  ann.send({ t: "offer", id: 5, to: "nobody", n: 3, d: { sdp, extra: candidate } });
  ann.send({ t: "candidate", id: 6, to: "ben", n: 1, d: { list: [{ candidate: 7 }], sdp } });
  await ann.heard(({ re }) => re === 6);
  const { token } = (joined.d as { resume: { token: string } }).resume;
  ann.send(`{"t":"message","id":7,"d":{"broken":"pelicanBroken"`);
  expect(await ann.closed()).toBe(4001);
  const back = await at.dial();
  const { session } = joined.d as { session: string };
  const resumed = await back.resume({ room: "vault", token, session, last: 0 });
  expect(resumed.t).toBe("resumed");
  const forged = `${token.slice(0, -4)}AAAA`;
  await (await at.dial()).resume({ room: "vault", token: forged, session, last: 0 });

  const log = at.logText();
  expect(log).toContain("A client's socket");
  const fresh = (resumed.d as { resume: { token: string } }).resume.token;
  for (const secret of [token, fresh, forged, ...Object.values(tokens)]) {
    expect(log).not.toContain(secret.slice(2, 40));
    expect(log).not.toContain(secret.slice(-40));
  }
  expect(log).not.toMatch(/zebrafish|pelican|192\.0\.2\.77|v=0|ice-pwd/);
  expect(log).not.toContain(SECRET);
});

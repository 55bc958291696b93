import fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import { CloseCode, PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { jsonOf } from "./compact-jws.ts";
import { DEV_SECRET } from "./dev-secret.ts";
import {
  NOW_MS,
  NOW_S,
  StandingClock,
  good,
  keysOf,
  minted,
  other,
  pair,
  part,
  reasonOf,
  secret,
  signed,
  verifier,
} from "./fixtures.ts";
import { secretBytes } from "./secret.ts";
import { SharedSecrets, signatureOf } from "./shared-secrets.ts";
import type { Verdict } from "./token-verifier.ts";

// RFC 7515, appendix A.1 (the key as `k` of the JWK there).
const A1_KEY = Buffer.from(
  "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
  "base64url",
);
const A1_PAYLOAD =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A1_INPUT = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${A1_PAYLOAD}`;
const A1_SIGNATURE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

test("[AU2] the HS256 example of RFC 7515 is signed by its key, and by no other", () => {
  expect(signatureOf(A1_INPUT, A1_KEY)).toBe(A1_SIGNATURE);
  expect(new SharedSecrets([other, A1_KEY]).isSignedBy(A1_INPUT, A1_SIGNATURE)).toBe(true);
  expect(new SharedSecrets([other, secret]).isSignedBy(A1_INPUT, A1_SIGNATURE)).toBe(false);
  expect(jsonOf(A1_PAYLOAD)).toEqual({
    iss: "joe",
    exp: 1_300_819_380,
    "http://example.com/is_root": true,
  });
  const verdict = verifier({ secrets: [A1_KEY] }).verify(`${A1_INPUT}.${A1_SIGNATURE}`);
  expect(reasonOf(verdict as Verdict)).toBe("sub is no participant id");
});

test.each([
  {
    // RFC 7515, appendix A.3.
    alg: "ES256",
    jwk: {
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    token: `eyJhbGciOiJFUzI1NiJ9.${A1_PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
    reason: "sub is no participant id",
  },
  {
    // RFC 8037, appendix A.4; its payload is a sentence.
    alg: "EdDSA",
    jwk: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    token:
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    reason: "the claims are no JSON object",
  },
])("[AU2] the $alg example of its RFC gets past the signature", async ({ jwk, token, reason }) => {
  const one = verifier({ publicKeys: keysOf(jwk) });

  expect(reasonOf(await one.verify(token))).toBe(reason);
  const changed = token.replace(/\.(.)/, (_, letter: string) => (letter === "e" ? ".f" : ".S"));
  expect(reasonOf(await one.verify(changed))).toBe("the signature is not good");
});

test("[AU2] the unsecured example of RFC 7519 §6.1 is refused, and so is `none` in any dress", () => {
  const one = verifier({ publicKeys: keysOf() });
  for (const token of [
    `eyJhbGciOiJub25lIn0.${A1_PAYLOAD}.`,
    ...["none", "None", "NONE", "nOnE", "", "HS512", "PS256", "__proto__"].flatMap((alg) => [
      `${part({ alg })}.${part(good)}.`,
      signed(good, { alg }),
    ]),
  ]) {
    expect(one.verify(token)).toEqual({
      ok: false,
      code: CloseCode.unauthorized,
      reason: "the algorithm is not accepted",
    });
  }
});

test("[AU2] a public key is never the secret of an HMAC", async () => {
  const { jwk } = await pair("ES256", "k1");
  const asBytes = [JSON.stringify(jwk), jwk.x!, String(jwk.kid)].map((text) => Buffer.from(text));
  for (const key of asBytes) {
    const token = signed(good, { alg: "HS256", kid: "k1" }, key);
    const without = verifier({ secrets: [], publicKeys: keysOf(jwk) });
    const beside = verifier({ publicKeys: keysOf(jwk) });

    expect(reasonOf(await without.verify(token))).toBe("there is no shared secret");
    expect(reasonOf(await beside.verify(token))).toBe("the signature is not good");
  }
});

test("[AU2] only the algorithms that are configured are accepted", async () => {
  const { jwk, sign } = await pair("EdDSA", "k1");
  const parts = { publicKeys: keysOf(jwk), algorithms: ["EdDSA"] as const };

  expect((await verifier(parts).verify(await sign())).ok).toBe(true);
  expect(reasonOf(await verifier(parts).verify(minted()))).toBe("the algorithm is not accepted");
  expect(reasonOf(await verifier().verify(await sign()))).toBe("there is no public key");
});

test("[AU2] any of several secrets may have signed", () => {
  const both = verifier({ secrets: [other, secret] });

  expect(both.verify(minted())).toMatchObject({ ok: true });
  expect(both.verify(minted({}, other))).toMatchObject({ ok: true });
  expect(verifier().verify(minted({}, other))).toMatchObject({ code: CloseCode.unauthorized });
});

test("[AU1] a token that is spelt otherwise, too long, or of critical extensions is refused", () => {
  const token = minted();
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const spareBitSet = signature.slice(0, -1) + String.fromCharCode(signature.charCodeAt(42) + 1);
  const withBadUtf8 = `${header}.${Buffer.from('{"sub":"\xff"}', "latin1").toString("base64url")}`;
  for (const [text, reason] of [
    ["", "the token is not of three parts"],
    ["a.b", "the token is not of three parts"],
    [`${token}.`, "the token is not of three parts"],
    [`${token}.a.b`, "the token is not of three parts"],
    [`.${payload}.${signature}`, "the token is not of three parts"],
    [`${header}..${signature}`, "the token is not of three parts"],
    [`${token}=`, "the token is not plain base64url"],
    [`${token}\n`, "the token is not plain base64url"],
    [`${header}.${payload}.${spareBitSet}`, "the token is not plain base64url"],
    [`${header}.${payload}+.${signature}`, "the token is not plain base64url"],
    [`${header}=.${payload}.${signature}`, "the token has no header that we understand"],
    [`${part("[]")}.${payload}.${signature}`, "the token has no header that we understand"],
    [signed(good, { alg: "HS256", crit: ["b64"], b64: true }), "the token has no header"],
    [signed(good, { alg: 5 }), "the token has no header that we understand"],
    [signed({ ...good, room: "x".repeat(PROTOCOL_LIMITS.tokenBytesMax) }), "the token is too long"],
    [`${withBadUtf8}.${signatureOf(withBadUtf8, secret)}`, "the claims are no JSON object"],
    [signed("null"), "the claims are no JSON object"],
    [signed('["sub"]'), "the claims are no JSON object"],
  ] as const) {
    const verdict = verifier().verify(text) as Verdict;
    expect([text, verdict]).toMatchObject([text, { ok: false, code: CloseCode.unauthorized }]);
    expect(reasonOf(verdict)).toContain(reason);
  }
});

test("[AU1] keys and addresses in the header are never looked at", async () => {
  const ours = await pair("ES256", "k1");
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const header = {
    alg: "ES256",
    kid: "k1",
    jwk: await exportJWK(publicKey),
    jku: "http://127.0.0.1:1/keys.json",
    x5u: "http://127.0.0.1:1/cert.pem",
  };
  const forged = await new SignJWT(good).setProtectedHeader(header).sign(privateKey);

  expect(reasonOf(await verifier({ publicKeys: keysOf(ours.jwk) }).verify(forged))).toBe(
    "the signature is not good",
  );
});

test.each([
  [{ sub: undefined }, "sub is no participant id"],
  [{ sub: "" }, "sub is no participant id"],
  [{ sub: "a b" }, "sub is no participant id"],
  [{ sub: ["alice"] }, "sub is no participant id"],
  [{ sub: "a".repeat(129) }, "sub is no participant id"],
  [{ room: undefined }, "room is no room id"],
  [{ room: "stand/up" }, "room is no room id"],
  [{ exp: undefined }, "exp is missing or no number of seconds"],
  [{ exp: "1763800060" }, "exp is missing or no number of seconds"],
  [{ exp: null }, "exp is missing or no number of seconds"],
  [{ nbf: "0" }, "nbf is no number of seconds"],
  [{ nbf: NOW_S + 31 }, "the token is not valid yet"],
  [{ maxRoom: 0 }, "maxRoom is no whole number from 1"],
  [{ maxRoom: "9" }, "maxRoom is no whole number from 1"],
  [{ expectedSize: -1 }, "expectedSize is no whole number from 0"],
  [{ expectedSize: 2.5 }, "expectedSize is no whole number from 0"],
])("[AU3] claims with %j are refused: %s", (claims, reason) => {
  expect(verifier().verify(signed({ ...good, ...claims }))).toEqual({
    ok: false,
    code: CloseCode.unauthorized,
    reason,
  });
});

test("[AU3] an expiry beyond all numbers is none", () => {
  const token = signed(`{"sub":"alice","room":"standup","exp":1e999}`);
  expect(reasonOf(verifier().verify(token) as Verdict)).toContain("exp is missing");
});

test("[AU3] the claims reach core: who, where, how many, until when; the rest does not matter", () => {
  const claims = { ...good, name: 7, jti: {}, maxRoom: 12, expectedSize: 9, nbf: NOW_S - 5 };

  expect(verifier().verify(signed(claims))).toEqual({
    ok: true,
    claims: { participantId: "alice", roomId: "standup", roomMax: 12, expectedSize: 9 },
    expiresAtMs: NOW_MS + 60_000,
  });
  expect(verifier().verify(minted())).toMatchObject({
    claims: { roomMax: Infinity, expectedSize: 0 },
  });
});

test("[AU3] issuer and audience must be ours when they are configured", () => {
  const rules = { issuers: ["us", "them"], audiences: ["calls", "tests"], skewMs: 0 };
  const one = verifier({ rules });
  for (const [iss, aud, reason] of [
    ["us", "calls", ""],
    ["them", ["mail", "tests"], ""],
    ["us", "mail", "aud does not name us"],
    ["us", [], "aud does not name us"],
    ["us", undefined, "aud does not name us"],
    ["strangers", "calls", "iss is not an issuer that we trust"],
    [["us"], "calls", "iss is not an issuer that we trust"],
    [undefined, "calls", "iss is not an issuer that we trust"],
  ] as const) {
    expect(reasonOf(one.verify(signed({ ...good, iss, aud })) as Verdict)).toBe(reason);
  }
});

test("[AU4] the skew is granted at both ends, to the millisecond", () => {
  const clock = new StandingClock();
  const one = verifier({ clock });
  const token = signed({ ...good, nbf: NOW_S });
  const codeAt = (ms: number): number => {
    clock.ms = ms;
    const verdict = one.verify(token) as Verdict;
    return verdict.ok ? 0 : verdict.code;
  };

  expect(codeAt(NOW_MS - 30_001)).toBe(CloseCode.unauthorized);
  expect(codeAt(NOW_MS - 30_000)).toBe(0);
  expect(codeAt(NOW_MS + 89_999)).toBe(0);
  expect(codeAt(NOW_MS + 90_000)).toBe(CloseCode.tokenExpired);
});

test("[AU4] a token with two faults is not called expired, and one without a good signature neither", () => {
  const over = { ...good, exp: NOW_S - 3_600 };

  expect(verifier().verify(signed(over))).toMatchObject({ code: CloseCode.tokenExpired });
  for (const token of [signed({ ...over, sub: "" }), signed(over, { alg: "HS256" }, other)]) {
    expect(verifier().verify(token)).toMatchObject({ code: CloseCode.unauthorized });
  }
});

test("[AU4] no reason repeats what a stranger wrote", async () => {
  const { jwk } = await pair("ES256", "k1");
  const one = verifier({ publicKeys: keysOf(jwk) });
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[a-z]{12}$/), fc.nat(5), async (word, which) => {
      const header = { alg: which < 3 ? "ES256" : "HS256", kid: word };
      const claims = { ...good, [["sub", "room", "iss"][which % 3]!]: `${word} ${word}` };
      const verdict = await one.verify(signed(claims, header, which === 5 ? other : secret));
      expect(reasonOf(verdict)).not.toContain(word);
      expect(reasonOf(verdict)).toMatch(/^[\w :]*$/);
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("[AU15] secrets that can be guessed are refused, and an editor's line break is none of them", () => {
  expect(() => secretBytes("short")).toThrow("at least 32 bytes, got 5");
  expect(secretBytes(`${"x".repeat(32)}\n`)).toHaveLength(32);
  expect(secretBytes(`${"x".repeat(32)}\r\n`)).toHaveLength(32);
  expect(secretBytes(DEV_SECRET).length).toBeGreaterThanOrEqual(32);
});

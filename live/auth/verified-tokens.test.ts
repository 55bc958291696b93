import { expect, test } from "vitest";
import { CloseCode } from "../../core/protocol/limits.ts";
import {
  NOW_MS,
  StandingClock,
  good,
  keysOf,
  minted,
  pair,
  reasonOf,
  verifier,
} from "./fixtures.ts";
import { KeysUnavailable } from "./public-keys.ts";

test("[AU5] what a public key verified comes at once the next time, until it is over", async () => {
  const clock = new StandingClock();
  const { jwk, sign } = await pair("RS256", "k1");
  const keys = keysOf(jwk);
  const one = verifier({ clock, publicKeys: keys });
  const token = await sign();
  const first = one.verify(token);

  expect(first).toBeInstanceOf(Promise);
  expect(await first).toMatchObject({ ok: true });
  expect(one.verify(token)).toEqual(await first);
  expect(keys.askedCount).toBe(1);
  clock.ms = NOW_MS + 89_999;
  expect(one.verify(token)).toMatchObject({ ok: true });
  clock.ms = NOW_MS + 90_000;
  expect(one.verify(token)).toMatchObject({ code: CloseCode.tokenExpired });
  expect(one.load.rememberedCount).toBe(0);
});

test("[AU5] refusals are not remembered, and of those let in only so many", async () => {
  const { jwk, sign } = await pair("ES256", "k1");
  const keys = keysOf(jwk);
  const one = verifier({ publicKeys: keys, cacheMax: 2 });
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((sub) => sign({ ...good, sub })));
  for (const token of [a!, b!, a!, c!]) await one.verify(token);

  expect(one.load.rememberedCount).toBe(2);
  expect(one.verify(a!)).toMatchObject({ ok: true });
  expect(one.verify(c!)).toMatchObject({ ok: true });
  expect(one.verify(b!)).toBeInstanceOf(Promise); // The one that was not asked for the longest.

  const bad = `${a!.slice(0, a!.lastIndexOf(".") + 1)}${c!.slice(c!.lastIndexOf(".") + 1)}`;
  await one.verify(bad);
  expect(one.verify(bad)).toBeInstanceOf(Promise);
});

test("[AU5] a token is verified once at a time, and beyond the bound the answer is busy", async () => {
  const { jwk, sign } = await pair("ES256", "k1");
  const keys = keysOf(jwk);
  const one = verifier({ publicKeys: keys, underWayMax: 2 });
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((sub) => sign({ ...good, sub })));
  const first = one.verify(a!);

  expect(one.verify(a!)).toBe(first);
  const second = one.verify(b!);
  expect(one.verify(c!)).toMatchObject({ ok: false, code: CloseCode.busy });
  expect(one.verify(minted())).toMatchObject({ ok: true }); // Secrets wait for nobody.
  expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }]);
  expect(keys.askedCount).toBe(2);
  expect(await one.verify(c!)).toMatchObject({ ok: true });
  expect(one.load.underWayCount).toBe(0);
});

test("[AU5] when the keys change, those let in by the old ones are asked again", async () => {
  const [before, after] = await Promise.all([pair("ES256", "k1"), pair("ES256", "k2")]);
  const keys = keysOf(before.jwk);
  const one = verifier({ publicKeys: keys });
  const token = await before.sign();
  await one.verify(token);
  const meanwhile = one.verify(await before.sign({ ...good, sub: "bob" }));
  keys.change(after.jwk);

  expect(await meanwhile).toMatchObject({ ok: true });
  expect(one.load.rememberedCount).toBe(0);
  expect(reasonOf(await one.verify(token))).toBe("no public key matches");
  expect(await one.verify(await after.sign())).toMatchObject({ ok: true });
});

test("[AU7] keys that cannot be had are not the token's fault", async () => {
  const { sign } = await pair("ES256", "k1");
  const keys = { ...keysOf(), keyOf: () => Promise.reject(new KeysUnavailable("no answer")) };

  expect(await verifier({ publicKeys: keys }).verify(await sign())).toEqual({
    ok: false,
    code: CloseCode.busy,
    reason: "no answer",
  });
});

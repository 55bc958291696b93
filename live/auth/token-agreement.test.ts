import fc from "fast-check";
import { jwtVerify } from "jose";
import { expect, test } from "vitest";
import { CloseCode } from "../../core/protocol/limits.ts";
import { NOW_MS, NOW_S, good, other, part, secret, signed, verifier } from "./fixtures.ts";
import type { Verdict } from "./token-verifier.ts";

// jose, which is not on this path, checks signature and claims of the same tokens on its own.

type Outcome = "good" | "expired" | "refused";
const RULES = { issuers: ["us"], audiences: ["calls"], skewMs: 30_000 };

async function byJose(token: string): Promise<Outcome> {
  try {
    await jwtVerify(token, secret, {
      algorithms: ["HS256"],
      issuer: RULES.issuers as string[],
      audience: RULES.audiences as string[],
      clockTolerance: 30,
      currentDate: new Date(NOW_MS),
      requiredClaims: ["exp"],
    });
    return "good";
  } catch (error) {
    return (error as { code?: string }).code === "ERR_JWT_EXPIRED" ? "expired" : "refused";
  }
}

function byUs(token: string): Outcome {
  const verdict = verifier({ rules: RULES }).verify(token) as Verdict;
  if (verdict.ok) return "good";
  return verdict.code === CloseCode.tokenExpired ? "expired" : "refused";
}

/** Jose reads base64url that has padding, spare bits or blanks; we do not. */
const isPlain = (token: string): boolean =>
  token.split(".").every((one) => Buffer.from(one, "base64url").toString("base64url") === one);

const instant = fc.oneof(
  fc.constantFrom(-30, -29, 0, 29, 30, 31).map((s) => NOW_S + s),
  fc.integer({ min: 0, max: 2 * NOW_S }),
  fc.constantFrom(undefined, "soon"),
);
const someClaims = fc.record({
  sub: fc.constant("alice"),
  room: fc.constant("standup"),
  exp: fc.oneof({ weight: 3, arbitrary: fc.constant(NOW_S + 60) }, instant),
  nbf: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, instant),
  iss: fc.oneof({ weight: 3, arbitrary: fc.constant("us") }, fc.constantFrom("them", 7, undefined)),
  aud: fc.oneof(
    { weight: 3, arbitrary: fc.constant("calls") },
    fc.constantFrom(["calls", "mail"], "mail", [], undefined),
  ),
});
const someHeader = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ alg: "HS256", typ: "JWT" }) },
  fc.constantFrom(
    ...["none", "HS512", "RS256", "hs256", ""].map((alg) => ({ alg })),
    { typ: "JWT" },
    { alg: "HS256", crit: ["exp"] },
  ),
);
type Change = (token: string, draw: number) => string;
const asIs: Change = (token) => token;
const changes: readonly Change[] = [
  (token, draw) => token.slice(0, draw % token.length),
  (token, draw) => {
    const at = draw % token.length;
    return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
  },
  (token, draw) => token.slice(0, draw % token.length) + token.slice((draw % token.length) + 1),
  (token) => `${token}=`,
  (token) => `${token}A`,
  (token) => `${part({ alg: "none" })}${token.slice(token.indexOf("."))}`,
  (token) => token.slice(0, token.lastIndexOf(".") + 1),
  (token) => `${token.split(".")[0]}.${part(good)}.${token.split(".")[2]}`,
];

test("[AU1, AU2, AU3, AU4] on good, changed, cut and swapped tokens we and jose agree", async () => {
  const seen = new Map<Outcome, number>();
  await fc.assert(
    fc.asyncProperty(
      someClaims,
      someHeader,
      fc.oneof({ weight: 3, arbitrary: fc.constant(secret) }, fc.constant(other)),
      fc.oneof({ weight: 2, arbitrary: fc.constant(asIs) }, fc.constantFrom(...changes)),
      fc.nat(),
      async (claims, header, key, change, draw) => {
        const token = change(signed(claims, header, key), draw);
        const outcome = byUs(token);
        expect(outcome).toBe(isPlain(token) ? await byJose(token) : "refused");
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      },
    ),
    { seed: 1, numRuns: 2_000 },
  );
  for (const outcome of ["good", "expired", "refused"] as const) {
    expect(seen.get(outcome)).toBeGreaterThan(20);
  }
});

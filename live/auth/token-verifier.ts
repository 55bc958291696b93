// Is this token ours, and whom does it let in where?
//
// The algorithm names the kind of key, and a kind has keys of its own: HS256 is checked with shared secrets and never with a public
// key, the others with public keys and never with a secret; anything else (`none` above all) is refused unread. A secret's answer
// comes at once (see shared-secrets.ts for why, and what it costs); public keys go through `jose`: CPU µs per verification,
// one by one / 32 at once: RS256 131 / 71, ES256 203 / 93, EdDSA 184 / 144 (measured on 2 cores of an x64 machine, Node 20.20).
// That is why those are remembered, the same token is never verified twice at a time, and only so many are at once:
// beyond, and where keys cannot be had, the answer is "busy", for it is not the token's fault and its owner shall come back.
// What is refused is not remembered: strangers would fill the memory.

import { compactVerify, errors } from "jose";
import { CloseCode } from "../../core/protocol/limits.ts";
import type { Clock } from "../clock.ts";
import { CompactReader, type CompactJws, jsonOf } from "./compact-jws.ts";
import { KeysUnavailable, type PublicKeys } from "./public-keys.ts";
import { SharedSecrets } from "./shared-secrets.ts";
import {
  expired,
  isOver,
  type Rejected,
  TOKEN_BYTES_MAX,
  TOKEN_RULES,
  type TokenRules,
  unauthorized,
  type Verdict,
  verdictOnClaims,
} from "./token-claims.ts";
import { digestOf, VerifiedTokens } from "./verified-tokens.ts";

export type { Accepted, Rejected, TokenRules, Verdict } from "./token-claims.ts";

export interface TokenVerifier {
  /** At once where no public key is needed or the token is known, else later. Never rejects. */
  verify(token: string): Verdict | Promise<Verdict>;
}

export const TOKEN_ALGORITHMS = ["HS256", "RS256", "ES256", "EdDSA"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

export interface TokenVerifierParts {
  readonly clock: Clock;
  /** For HS256; see `secretBytes`. Any of them may have signed. */
  readonly secrets?: readonly Uint8Array[];
  /** For the other algorithms. */
  readonly publicKeys?: PublicKeys;
  readonly rules?: TokenRules;
  /** Those that are accepted; all of them when absent or empty. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** Tokens that are remembered. */
  readonly cacheMax?: number;
  /** Verifications with public keys at once. */
  readonly underWayMax?: number;
}

/** Assumed: the participants of an edge; an entry takes about 0.4 kB. */
const CACHE_MAX = 20_000;
/** Assumed: at 100 µs each, the last one waits a tenth of a second. */
const UNDER_WAY_MAX = 1_024;

export class JwtVerifier implements TokenVerifier {
  readonly #clock: Clock;
  readonly #secrets: SharedSecrets;
  readonly #publicKeys: PublicKeys | undefined;
  readonly #rules: TokenRules;
  readonly #algorithms: ReadonlySet<string>;
  readonly #underWayMax: number;
  readonly #reader = new CompactReader(TOKEN_BYTES_MAX);
  readonly #verified: VerifiedTokens;
  readonly #underWay = new Map<string, Promise<Verdict>>();
  /** Counts changes of the keys. */
  #generation = 0;

  constructor(parts: TokenVerifierParts) {
    const { algorithms = [], cacheMax = CACHE_MAX, underWayMax = UNDER_WAY_MAX } = parts;
    this.#clock = parts.clock;
    this.#secrets = new SharedSecrets(parts.secrets ?? []);
    this.#publicKeys = parts.publicKeys;
    this.#rules = parts.rules ?? TOKEN_RULES;
    this.#algorithms = new Set(algorithms.length > 0 ? algorithms : TOKEN_ALGORITHMS);
    this.#underWayMax = underWayMax;
    this.#verified = new VerifiedTokens(cacheMax);
    parts.publicKeys?.onChange(() => {
      this.#generation++;
      this.#verified.clear();
    });
  }

  /** Tokens that are remembered, and verifications under way. */
  get load(): { readonly rememberedCount: number; readonly underWayCount: number } {
    return { rememberedCount: this.#verified.count, underWayCount: this.#underWay.size };
  }

  verify(token: string): Verdict | Promise<Verdict> {
    const jws = this.#reader.read(token);
    if (typeof jws === "string") return unauthorized(jws);
    if (!this.#algorithms.has(jws.alg)) return unauthorized("the algorithm is not accepted");
    if (jws.alg === "HS256") return this.#verifyBySecret(jws);
    if (this.#publicKeys === undefined) return unauthorized("there is no public key");
    return this.#verifyByPublicKey(token, jws, this.#publicKeys);
  }

  close(): void {
    this.#publicKeys?.close();
  }

  #verifyBySecret(jws: CompactJws): Verdict {
    if (this.#secrets.isEmpty) return unauthorized("there is no shared secret");
    if (!this.#secrets.isSignedBy(jws.signingInput, jws.signature)) return badSignature();
    return this.#judge(jws);
  }

  #verifyByPublicKey(token: string, jws: CompactJws, keys: PublicKeys): Verdict | Promise<Verdict> {
    const digest = digestOf(token);
    const known = this.#verified.get(digest);
    if (known !== undefined) {
      if (!isOver(known.expiresAtMs, this.#rules.skewMs, this.#clock.nowMs())) return known;
      this.#verified.forget(digest);
      return expired();
    }
    const before = this.#underWay.get(digest);
    if (before !== undefined) return before;
    if (this.#underWay.size >= this.#underWayMax)
      return busy("too many verifications are under way");
    const underWay = this.#verifyLater(token, digest, jws, keys);
    this.#underWay.set(digest, underWay);
    return underWay;
  }

  async #verifyLater(
    token: string,
    digest: string,
    jws: CompactJws,
    keys: PublicKeys,
  ): Promise<Verdict> {
    const generation = this.#generation;
    try {
      await compactVerify(token, keys.keyOf, { algorithms: [jws.alg] });
    } catch (error) {
      return verdictOnError(error);
    } finally {
      this.#underWay.delete(digest);
    }
    const verdict = this.#judge(jws);
    if (verdict.ok && generation === this.#generation) this.#verified.add(digest, verdict);
    return verdict;
  }

  #judge(jws: CompactJws): Verdict {
    return verdictOnClaims(jsonOf(jws.payload), this.#rules, this.#clock.nowMs());
  }
}

function badSignature(): Rejected {
  return unauthorized("the signature is not good");
}

function busy(reason: string): Rejected {
  return { ok: false, code: CloseCode.busy, reason };
}

/** In words of our own: a library's message may repeat what a stranger wrote. */
function verdictOnError(error: unknown): Rejected {
  if (error instanceof KeysUnavailable) return busy(error.message);
  if (error instanceof errors.JWSSignatureVerificationFailed) return badSignature();
  if (error instanceof errors.JWKSNoMatchingKey) return unauthorized("no public key matches");
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return unauthorized("several public keys match: tokens need a kid");
  }
  return unauthorized("the signature cannot be checked");
}

// Who is at the other end of a trunk: both ends prove that they know a secret, without saying it.
//
//   node → edge  challenge  nodeId, incarnation, nonce
//   edge → node  proof      edgeId, incarnation, nonce, HMAC of everything said so far
//   node → edge  welcome    HMAC of the same, under its own label
//
// Nonces make every proof worth one handshake; labels keep one end's proof from being the other's. The key is derived from the secret for this use
// alone, so that nothing said here helps against tokens signed with the same secret. Without TLS a proof does not hide or guard what
// follows it: on a network that is not trusted, trunks are wss.

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { NODE_ID_PATTERN } from "../../core/protocol/limits.ts";
import { anyText, record, textLike, whole } from "../bus/shape.ts";
import { valueOf } from "./rare-frames.ts";

/** RFC 5869's `info`: what the key is for. */
const KEY_LABEL = "stormglass trunk v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 24;

export interface Challenge {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly nonce: string;
}

export interface Proof {
  readonly edgeId: string;
  readonly incarnation: number;
  readonly nonce: string;
  /** "" when the certificates are the proof. */
  readonly mac: string;
}

export interface Welcome {
  readonly mac: string;
}

const processId = textLike(NODE_ID_PATTERN);
const challenge = record<Challenge>({ nodeId: processId, incarnation: whole, nonce: anyText });
const proof = record<Proof>({
  edgeId: processId,
  incarnation: whole,
  nonce: anyText,
  mac: anyText,
});
const welcome = record<Welcome>({ mac: anyText });

export function readChallenge(text: string): Challenge | undefined {
  return valueOf(challenge, text);
}

export function readProof(text: string): Proof | undefined {
  return valueOf(proof, text);
}

export function readWelcome(text: string): Welcome | undefined {
  return valueOf(welcome, text);
}

export function freshNonce(): string {
  return randomBytes(NONCE_BYTES).toString("base64url");
}

export type Prover = "edge" | "node";

/** Everything that both ends have said before one of them proves itself. */
export type Said = readonly [challenge: Challenge, proof: Omit<Proof, "mac">];

/** The keys of a cluster's secrets. The first one speaks; all are believed, so that a new secret can come before the old one goes. */
export class TrunkKeys {
  readonly #keys: readonly Buffer[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) =>
      Buffer.from(hkdfSync("sha256", secret, "", KEY_LABEL, KEY_BYTES)),
    );
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** Under the key at `at`; "" when there is none. */
  prove(who: Prover, said: Said, at = 0): string {
    const key = this.#keys[at];
    return key === undefined ? "" : macOf(key, who, said).toString("base64url");
  }

  /** Which key the proof was made with; -1 for none of them. */
  proven(who: Prover, said: Said, mac: string): number {
    const shown = Buffer.from(mac, "base64url");
    return this.#keys.findIndex((key) => {
      const due = macOf(key, who, said);
      return due.length === shown.length && timingSafeEqual(due, shown);
    });
  }
}

function macOf(key: Buffer, who: Prover, [asked, answered]: Said): Buffer {
  const { nodeId, incarnation, nonce } = asked;
  const { edgeId, incarnation: edgeIncarnation, nonce: edgeNonce } = answered;
  // As JSON: no two different lists give the same text.
  const text = [KEY_LABEL, who, nodeId, incarnation, nonce, edgeId, edgeIncarnation, edgeNonce];
  return createHmac("sha256", key).update(JSON.stringify(text)).digest();
}

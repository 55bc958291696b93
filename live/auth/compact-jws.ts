// A token's form, before anything in it is believed (RFC 7515 §7.1).
//
// Stricter than the RFC asks, so that one token has one spelling: base64url without padding, with its spare bits zero (RFC 4648 §3.5),
// headers and claims in well-formed UTF-8. Critical extensions are refused: we know none. Key hints in the header (jwk, jku, x5u)
// are never looked at. The algorithm is only read here; who may use which key is the verifier's affair.

import { isUtf8 } from "node:buffer";

export interface CompactJws {
  readonly alg: string;
  /** Key id; "" when the header names none. */
  readonly kid: string;
  /** What is signed: header and payload as they were written. */
  readonly signingInput: string;
  readonly signature: string;
  /** The claims as they were written; read them with `jsonOf` once the signature is known to be good. */
  readonly payload: string;
}

/** Whole base64url: groups of four, then two or three letters whose spare bits are zero. Linear: no group can match two ways. */
const BASE64URL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/** Assumed: an issuer has a few keys. */
const HEADERS_KEPT = 64;
/** Longest header that is worth keeping, letters. Assumed: algorithm, type and a key id fit. */
const HEADER_KEPT_MAX = 256;

interface Header {
  readonly alg: string;
  readonly kid: string;
}

export class CompactReader {
  readonly #bytesMax: number;
  /** An issuer writes the same header into every token until its key changes. */
  readonly #headers = new Map<string, Header>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The parts of `token`, or in words why it is none. */
  read(token: string): CompactJws | string {
    if (token.length > this.#bytesMax) return "the token is too long";
    const first = token.indexOf(".");
    const second = token.indexOf(".", first + 1);
    if (first <= 0 || second <= first + 1 || token.includes(".", second + 1)) {
      return "the token is not of three parts";
    }
    const payload = token.slice(first + 1, second);
    const signature = token.slice(second + 1);
    if (!BASE64URL.test(payload) || !BASE64URL.test(signature)) {
      return "the token is not plain base64url";
    }
    const header = this.#header(token.slice(0, first));
    if (header === undefined) return "the token has no header that we understand";
    const { alg, kid } = header;
    return { alg, kid, signingInput: token.slice(0, second), signature, payload };
  }

  #header(encoded: string): Header | undefined {
    const known = this.#headers.get(encoded);
    if (known !== undefined) return known;
    const read = readHeader(encoded);
    if (read !== undefined && encoded.length <= HEADER_KEPT_MAX) {
      if (this.#headers.size === HEADERS_KEPT) this.#headers.clear(); // Strangers write headers too.
      this.#headers.set(encoded, read);
    }
    return read;
  }
}

function readHeader(encoded: string): Header | undefined {
  if (!BASE64URL.test(encoded)) return undefined;
  const header = jsonOf(encoded);
  if (header === undefined || header["crit"] !== undefined) return undefined;
  const { alg, kid = "" } = header;
  return typeof alg === "string" && typeof kid === "string" ? { alg, kid } : undefined;
}

/** The JSON object that a part holds; undefined for anything else. */
export function jsonOf(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(part, "base64url");
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

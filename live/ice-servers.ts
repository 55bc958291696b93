// ICE servers for a participant: STUN as it stands, TURN with credentials that run out.
//
// The TURN REST scheme (draft-uberti-behave-turn-rest-00), which coturn and others know as `use-auth-secret`: the name says when it
// is over and for whom it was made, the password is the HMAC of the name under a secret shared with the TURN server. So no
// TURN server need be asked, and a stolen pair is worth nothing tomorrow. The expiry is rounded up to the second, so that
// one participant has one pair for as long as the clock shows the same second.

import { createHmac } from "node:crypto";
import type { IceBody } from "../core/protocol/bodies.ts";

export interface IceServers {
  /** What a participant is told; undefined when nothing is configured. Answers at once; about 4 µs with TURN. */
  for(participantId: string, nowMs: number): IceBody | undefined;
}

export interface IceSettings {
  /** stun:, stuns:, turn: and turns: URLs (RFC 7064, RFC 7065), in the order in which clients are to try them. */
  readonly urls: readonly string[];
  /** Shared with the TURN servers; needed when there are any. */
  readonly turnSecret?: string | undefined;
  /** How long credentials are good for, ms. Nothing renews them on a socket that stays: longer than any meeting. */
  readonly ttlMs: number;
}

export class TurnRestIceServers implements IceServers {
  readonly #stunUrls: readonly string[];
  readonly #turnUrls: readonly string[];
  readonly #turnSecret: string;
  readonly #ttlMs: number;

  /** Throws when there are TURN URLs but no secret, or a URL of neither kind. */
  constructor({ urls, turnSecret = "", ttlMs }: IceSettings) {
    const strange = urls.find((url) => !/^(stun|turn)s?:\S+$/.test(url));
    if (strange !== undefined) {
      throw new Error(`ICE servers must be stun:, stuns:, turn: or turns: URLs, got "${strange}".`);
    }
    this.#stunUrls = urls.filter((url) => url.startsWith("stun"));
    this.#turnUrls = urls.filter((url) => url.startsWith("turn"));
    if (this.#turnUrls.length > 0 && turnSecret === "") {
      throw new Error("TURN servers need the secret that they make credentials with.");
    }
    this.#turnSecret = turnSecret;
    this.#ttlMs = ttlMs;
  }

  for(participantId: string, nowMs: number): IceBody | undefined {
    const servers: IceBody["servers"][number][] = [];
    if (this.#stunUrls.length > 0) servers.push({ urls: this.#stunUrls });
    if (this.#turnUrls.length > 0) {
      const username = `${Math.ceil((nowMs + this.#ttlMs) / 1_000)}:${participantId}`;
      const credential = turnCredential(this.#turnSecret, username);
      servers.push({ urls: this.#turnUrls, username, credential });
    }
    return servers.length === 0 ? undefined : { servers, ttlMs: this.#ttlMs };
  }
}

/** The password of a TURN REST username. */
export function turnCredential(secret: string, username: string): string {
  return createHmac("sha1", secret).update(username).digest("base64");
}

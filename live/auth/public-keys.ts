// The public keys that tokens may be signed with: a JWKS in a file, or at a URL (RFC 7517 §5).
//
// Keys outlive trouble: a file that is broken, or an address that does not answer, leaves the last good keys in force and is
// logged. A URL is asked again every ten minutes, and at once for a key id that nobody knows, but then at most twice a minute:
// strangers can invent key ids. When keys change, `onChange` tells so, and what was verified with the old ones is forgotten.

import { readFileSync } from "node:fs";
import {
  type CompactVerifyGetKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
} from "jose";
import type { Clock } from "../clock.ts";
import type { Log } from "../operations/log.ts";
import { type Watch, watchFiles, type WatchOptions } from "../watched-files.ts";

export interface PublicKeys {
  /** The key for a token's header. Rejects with a `jose` error, or with `KeysUnavailable`. */
  readonly keyOf: CompactVerifyGetKey;
  onChange(listener: () => void): void;
  close(): void;
}

/** No key could be had: not the token's fault. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** Keys in a file, read again when it changes. */
export class PublicKeysFile implements PublicKeys {
  readonly #path: string;
  readonly #log: Log;
  readonly #watch: Watch;
  readonly #listeners: (() => void)[] = [];
  #keys: ReturnType<typeof createLocalJWKSet>;

  /** Throws when the file holds no key set now. */
  constructor(path: string, log: Log, options: WatchOptions = {}) {
    this.#path = path;
    this.#log = log;
    this.#watch = watchFiles([path], log, () => this.#reload(), options);
    try {
      this.#keys = this.#read();
    } catch (error) {
      this.#watch.close();
      throw error;
    }
  }

  readonly keyOf: CompactVerifyGetKey = (header, jws) => this.#keys(header, jws);

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#watch.close();
  }

  #reload(): void {
    try {
      this.#keys = this.#read();
    } catch (error) {
      this.#log.error(
        { error: error as Error },
        "the public keys in force stay: the file is no good",
      );
      return;
    }
    this.#log.info({ file: this.#path }, "public keys were read again");
    for (const listener of this.#listeners) listener();
  }

  #read(): ReturnType<typeof createLocalJWKSet> {
    try {
      return keySetOf(readFileSync(this.#path, "utf8"));
    } catch (error) {
      throw new Error(`${this.#path}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** The key set that `text` holds. Throws when it is none, or one that should not be here. */
function keySetOf(text: string): ReturnType<typeof createLocalJWKSet> {
  const keys = (JSON.parse(text) as JSONWebKeySet | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Error('must be a JWKS, {"keys": […]}, with at least one key');
  }
  if (keys.some((key) => key?.kty === "oct" || key?.d !== undefined)) {
    throw new Error("must hold public keys only, but one of them is secret");
  }
  return createLocalJWKSet({ keys });
}

export interface UrlOptions {
  /** How old keys may be before they are asked for again, ms. */
  readonly refreshMs?: number;
  /** Between two requests for the sake of unknown key ids, ms. */
  readonly cooldownMs?: number;
  /** After a request that failed, ms. */
  readonly retryMs?: number;
  /** For an answer, ms. */
  readonly timeoutMs?: number;
}

/** Keys at a URL, asked for when first needed. */
export class PublicKeysUrl implements PublicKeys {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #refreshMs: number;
  readonly #retryMs: number;
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  readonly #listeners: (() => void)[] = [];
  #fetchedAtMs = Infinity;
  #retryAtMs = -Infinity;
  /** The last answer, and the last that listeners know of. */
  #fetched = "";
  #announced = "";

  /** The defaults of age, cooldown and timeout are those of `jose`; the retry is assumed. */
  constructor(url: URL, clock: Clock, log: Log, options: UrlOptions = {}) {
    const {
      refreshMs = 600_000,
      cooldownMs = 30_000,
      retryMs = 5_000,
      timeoutMs = 5_000,
    } = options;
    this.#url = url;
    this.#clock = clock;
    this.#log = log;
    this.#refreshMs = refreshMs;
    this.#retryMs = retryMs;
    this.#remote = createRemoteJWKSet(url, {
      cooldownDuration: cooldownMs,
      timeoutDuration: timeoutMs,
      cacheMaxAge: Infinity, // Ours to refresh, so that old keys serve while no new ones can be had.
      [customFetch]: (address, request) => this.#fetch(address, request),
    });
  }

  readonly keyOf: CompactVerifyGetKey = async (header, jws) => {
    if (this.#clock.nowMs() - this.#fetchedAtMs > this.#refreshMs) this.#refresh();
    try {
      return await this.#remote(header, jws);
    } finally {
      this.#announce();
    }
  };

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#listeners.length = 0;
  }

  /** Beside the verifications, which go on with the keys that are known. */
  #refresh(): void {
    if (this.#remote.reloading || this.#clock.nowMs() < this.#retryAtMs) return;
    this.#remote.reload().then(
      () => this.#announce(),
      () => {}, // Logged where it failed.
    );
  }

  async #fetch(address: string, request: RequestInit): Promise<Response> {
    if (this.#clock.nowMs() < this.#retryAtMs) {
      throw new KeysUnavailable("public keys could not be fetched a moment ago");
    }
    try {
      const response = await fetch(address, request);
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      const text = await response.text();
      keySetOf(text);
      this.#fetched = text;
      this.#fetchedAtMs = this.#clock.nowMs();
      return new Response(text);
    } catch (error) {
      this.#retryAtMs = this.#clock.nowMs() + this.#retryMs;
      const fields = { host: this.#url.host, error: error as Error };
      this.#log.warn(fields, "public keys could not be fetched");
      throw new KeysUnavailable("public keys could not be fetched", { cause: error });
    }
  }

  /** Once `jose` has taken them in. */
  #announce(): void {
    if (this.#fetched === this.#announced) return;
    this.#announced = this.#fetched;
    this.#log.info({ host: this.#url.host }, "public keys were fetched");
    for (const listener of this.#listeners) listener();
  }
}

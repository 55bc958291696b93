// The certificate of a server, replaced while it runs.
//
// Certificates are renewed every few weeks, and a restart would disconnect everybody: so the files are watched, and whoever serves
// takes the new pair for new connections (`server.setSecureContext(source.options())`), while old connections go on under the old.
// A pair is tried before it is believed: a key that does not fit, half a file, or a file that is gone leaves the one in force.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Log } from "./operations/log.ts";
import { type Watch, watchFiles, type WatchOptions } from "./watched-files.ts";

export interface TlsSource {
  /** The pair in force, for `createServer` and `setSecureContext`. */
  options(): SecureContextOptions;
  onChange(listener: () => void): void;
  close(): void;
}

export interface TlsFiles {
  /** PEM: the server's certificate, then those between it and its authority. */
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM: authorities that sign clients' certificates (mutual TLS). */
  readonly caFile?: string | undefined;
}

export class TlsFileSource implements TlsSource {
  readonly #files: TlsFiles;
  readonly #log: Log;
  readonly #watch: Watch;
  readonly #listeners: (() => void)[] = [];
  #options: SecureContextOptions;

  /** Throws when the files hold no pair that fits now. */
  constructor(files: TlsFiles, log: Log, options: WatchOptions = {}) {
    this.#files = files;
    this.#log = log;
    const { certFile, keyFile, caFile } = files;
    const paths = [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])];
    this.#watch = watchFiles(paths, log, () => this.#reload(), options);
    try {
      this.#options = read(files);
    } catch (error) {
      this.#watch.close();
      throw new Error(`${certFile}, ${keyFile}: ${(error as Error).message}`, { cause: error });
    }
  }

  options(): SecureContextOptions {
    return this.#options;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#watch.close();
  }

  #reload(): void {
    const { certFile } = this.#files;
    try {
      this.#options = read(this.#files);
    } catch (error) {
      const fields = { certFile, error: error as Error };
      this.#log.error(fields, "the certificate in force stays: the new files are no good");
      return;
    }
    this.#log.info({ certFile, validTo: validTo(this.#options) }, "a new certificate is in force");
    for (const listener of this.#listeners) listener();
  }
}

/** Throws when a file cannot be read, or certificate and key do not belong together. */
function read({ certFile, keyFile, caFile }: TlsFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    minVersion: "TLSv1.2", // RFC 8996: what is older must not be used.
  };
  createSecureContext(options);
  return options;
}

function validTo({ cert }: SecureContextOptions): string {
  return new X509Certificate(cert as Buffer).validTo;
}

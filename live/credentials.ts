// What an edge verifies, seals and shows, made from settings: join tokens, resume tokens, TURN credentials, certificates.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type PublicKeys, PublicKeysFile, PublicKeysUrl } from "./auth/public-keys.ts";
import { HmacResumeSeal, type ResumeSeal } from "./auth/resume-seal.ts";
import { secretBytes } from "./auth/secret.ts";
import { JwtVerifier, type TokenAlgorithm, type TokenVerifier } from "./auth/token-verifier.ts";
import type { Clock } from "./clock.ts";
import { type IceServers, TurnRestIceServers } from "./ice-servers.ts";
import type { Log } from "./operations/log.ts";
import type { Settings } from "./settings-schema.ts";
import { TlsFileSource, type TlsSource } from "./tls.ts";

export interface EdgeCredentials {
  readonly verifier: TokenVerifier;
  readonly seal: ResumeSeal;
  readonly iceServers: IceServers;
  readonly tls: TlsSource | undefined;
  close(): void;
}

/** Throws when a file does not hold what it should. */
export function edgeCredentials(
  { jwt, ice, edge }: Settings,
  clusterSecrets: readonly string[],
  clock: Clock,
  log: Log,
): EdgeCredentials {
  const publicKeys = publicKeysOf(jwt, clock, log);
  let tls: TlsSource | undefined;
  try {
    tls = tlsOf(edge.tls, log);
    const secrets = secretsOf(jwt.secret, jwt.secretFile).map(secretBytes);
    const verifier = new JwtVerifier({
      clock,
      secrets,
      ...(publicKeys === undefined ? {} : { publicKeys }),
      rules: { issuers: jwt.issuer, audiences: jwt.audience, skewMs: jwt.clockSkewMs },
      algorithms: jwt.algorithms as readonly TokenAlgorithm[],
      cacheMax: jwt.cacheMax,
    });
    const turnSecret = ice.turnSecret ?? textOf(ice.turnSecretFile);
    return {
      verifier,
      seal: new HmacResumeSeal(clusterSecrets.map(secretBytes)),
      iceServers: new TurnRestIceServers({ urls: ice.urls, turnSecret, ttlMs: ice.ttlMs }),
      tls,
      close() {
        publicKeys?.close();
        tls?.close();
      },
    };
  } catch (error) {
    publicKeys?.close();
    tls?.close();
    throw error;
  }
}

/**
 * What seals resume tokens and opens trunks, the present one first. A process alone needs none of its own: keys are derived from
 * the secret of its join tokens, so that sessions survive its restart; with public keys alone it makes one up.
 */
export function clusterSecretsOf({ cluster, jwt }: Settings): readonly string[] {
  const secrets = secretsOf(cluster.secret, cluster.secretFile);
  if (secrets.length > 0) return secrets;
  const signing = secretsOf(jwt.secret, jwt.secretFile);
  return signing.length > 0 ? signing : [randomBytes(32).toString("hex")];
}

interface KeyPair {
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly caFile?: string | undefined;
}

/** The certificate that a server shows; undefined for a plain one. */
export function tlsOf({ certFile, keyFile, caFile }: KeyPair, log: Log): TlsSource | undefined {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return new TlsFileSource({ certFile, keyFile, caFile }, log);
}

export function textOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, "utf8").trim();
}

/** One per line. */
function secretsOf(value: string | undefined, file: string | undefined): readonly string[] {
  const text = value ?? textOf(file) ?? "";
  return text.split(/\r?\n/).filter((line) => line !== "");
}

function publicKeysOf(
  { jwksFile, jwksUrl }: Settings["jwt"],
  clock: Clock,
  log: Log,
): PublicKeys | undefined {
  if (jwksFile !== undefined) return new PublicKeysFile(jwksFile, log);
  return jwksUrl === undefined ? undefined : new PublicKeysUrl(new URL(jwksUrl), clock, log);
}

// A server to attack: edge and node in this process, everything that it logs kept as text, and tokens good and bad.

import { createHmac } from "node:crypto";
import { afterEach } from "vitest";
import { openLog } from "../../live/operations/log.ts";
import { type RunningServer, startServer } from "../../live/server.ts";
import { type Differing, type Settings, settingsWith } from "../../live/settings-schema.ts";
import { RawClient } from "../parts/raw-client.ts";
import { type Dial, Wire } from "./wire.ts";

export const SECRET = "the secret of the servers that are attacked";
/** Of the cluster: it seals resume tokens. */
export const CLUSTER_SECRET = "the secret of the cluster that is attacked";
export const ADMIN_TOKEN = "the-token-of-the-operators";
const LOOPBACK = { host: "127.0.0.1", port: 0 };

export interface Guarded {
  readonly server: RunningServer;
  readonly url: string;
  /** Every line so far, debug included, as it would stand on stderr. */
  logText(): string;
  dial(how?: Dial): Promise<Wire>;
}

const running: RunningServer[] = [];
const dialled: { cut(): void }[] = [];

afterEach(async () => {
  for (const wire of dialled.splice(0)) wire.cut();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

/** Ends with the test. */
export async function guarded(differing: Differing<Settings> = {}): Promise<Guarded> {
  const { edge, cluster, ...others } = differing;
  const settings = settingsWith({
    operations: LOOPBACK,
    admin: { ...LOOPBACK, token: ADMIN_TOKEN },
    jwt: { secret: SECRET },
    ...others,
    cluster: { secret: CLUSTER_SECRET, ...cluster },
    edge: { ...LOOPBACK, ...edge },
  });
  let text = "";
  const log = openLog({ level: "debug", stream: { write: (line) => void (text += line) } });
  const server = await startServer(settings, { log });
  running.push(server);
  const url = server.edge?.url ?? "";
  return {
    server,
    url,
    logText: () => text,
    async dial(how) {
      const wire = await Wire.dial(url, how);
      dialled.push(wire);
      return wire;
    },
  };
}

/** Ends with the test. */
export function keep<T extends { cut(): void }>(wire: T): T {
  dialled.push(wire);
  return wire;
}

export const nowS = (): number => Math.floor(Date.now() / 1_000);

export const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token of any header and any claims, signed with HMAC-SHA256 whatever the header says. */
export function signed(
  claims: unknown,
  header: unknown = { alg: "HS256" },
  key: string | Buffer = SECRET,
): string {
  const said = `${part(header)}.${part(claims)}`;
  return `${said}.${createHmac("sha256", key).update(said).digest("base64url")}`;
}

/** A good one. */
export function tokenFor(room: string, sub: string, more: object = {}, key = SECRET): string {
  return signed({ room, sub, exp: nowS() + 600, ...more }, undefined, key);
}

let meetings = 0;

/** Two who behave well come into a room of their own, speak to each other, are answered, and go. @throws when anything of it fails. */
export async function honestPairTalks(url: string, secret = SECRET): Promise<void> {
  const room = `honest-${++meetings}-${process.pid}`;
  const clients: RawClient[] = [];
  try {
    for (const name of ["ann", "ben"]) {
      const client = await RawClient.dial(url);
      clients.push(client);
      const joined = await client.join(room, name, secret);
      if (joined.t !== "joined") throw new Error(`${name} was told ${JSON.stringify(joined)}.`);
    }
    const [ann, ben] = clients as [RawClient, RawClient];
    ann.send({ t: "message", id: 2, d: { room } });
    await ben.heard(({ t, from, d }) => t === "message" && from === "ann" && d?.["room"] === room);
    await ann.heard(({ t, re }) => t === "ok" && re === 2);
    ben.send({ t: "message", id: 2, to: "ann", d: { room } });
    await ann.heard(({ t, from, d }) => t === "message" && from === "ben" && d?.["room"] === room);
  } finally {
    for (const client of clients) client.close();
  }
}

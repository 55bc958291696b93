// The trunks of a process of a cluster, at either end: certificates, secrets and times from settings.

import type { BusSender } from "./bus/bus.ts";
import { tlsOf } from "./credentials.ts";
import type { Making } from "./making.ts";
import { networkInterfaces } from "node:os";
import type { NodeLife, TrunkDialer, TrunkToEdgeFacts, TrunkToNodeFacts } from "./trunk/trunk.ts";
import type { TrunkMeters } from "./operations/tally.ts";
import { blaming } from "./start-error.ts";
import type { TlsSource } from "./tls.ts";
import type { TrunkLimits } from "./trunk/trunk-limits.ts";
import type { Settings } from "./settings-schema.ts";

/** Above what core gives a trunk up at, so that core is first. */
const BUFFERED_OVER_HARD = 2;

function limitsOf({ cluster: { trunk } }: Settings): Partial<TrunkLimits> {
  return {
    pingAfterMs: trunk.heartbeatMs,
    lostAfterMs: trunk.timeoutMs,
    bufferedBytesMax: BUFFERED_OVER_HARD * trunk.hardBytes,
  };
}

export interface TrunkDoor {
  readonly port: number;
  /** What edges dial. */
  readonly url: string;
  close(): Promise<void>;
}

/** The door of a node. @throws StartError */
export async function openTrunkDoor(
  { settings, clock, log, clusterSecrets }: Making,
  life: NodeLife,
  facts: TrunkToEdgeFacts,
  meters: TrunkMeters,
): Promise<TrunkDoor> {
  const { host, port, advertiseUrl } = settings.node.trunk;
  const { TrunkServer } = await import("./trunk/ws-trunk-server.ts"); // Not loaded by who is alone.
  const tls = await blaming("trunk.certFile", () => tlsOf(settings.trunk, log));
  const server = new TrunkServer({
    host,
    port,
    advertisedHost: dialledHost(host),
    secrets: clusterSecrets,
    tls,
    requiresCertificate: settings.trunk.caFile !== undefined,
    clock,
    log,
    meters,
    limits: limitsOf(settings),
  });
  try {
    server.serve(life, facts);
    const listening = await blaming("node.trunk.port", () => server.listen());
    return {
      port: listening.port,
      url: advertiseUrl === undefined ? listening.url : withPath(advertiseUrl, listening.url),
      close: async () => {
        await server.close();
        tls?.close();
      },
    };
  } catch (error) {
    tls?.close();
    throw error;
  }
}

/** Who listens everywhere is dialled at this host's first address that others can reach. */
function dialledHost(host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  return outward?.address ?? "127.0.0.1";
}

/** An advertised URL without a path has the trunk's. */
function withPath(url: string, listening: string): string {
  const { pathname } = new URL(url);
  return pathname === "/" ? `${url.replace(/\/$/, "")}${new URL(listening).pathname}` : url;
}

export interface ClosableDialer extends TrunkDialer {
  close(): void;
}

/** Dials nodes in other processes. */
export async function openDialer(
  { settings, clock, log, clusterSecrets }: Making,
  edgeId: BusSender["id"],
  incarnation: number,
  meters: TrunkMeters,
): Promise<ClosableDialer> {
  const { WsTrunkDialer } = await import("./trunk/ws-trunk-dialer.ts"); // Not loaded by who is alone.
  const tls: TlsSource | undefined = await blaming("trunk.certFile", () =>
    tlsOf(settings.trunk, log),
  );
  const dialer = new WsTrunkDialer({
    edgeId,
    incarnation,
    secrets: clusterSecrets,
    tls,
    servername: settings.trunk.servername,
    clock,
    log,
    meters,
    limits: limitsOf(settings),
  });
  return {
    dial: (nodeId, life, url, facts) => dialer.dial(nodeId, life, url, facts),
    close() {
      dialer.close();
      tls?.close();
    },
  };
}

/** In memory to the node next door, over the network to the others. */
export function nextDoorFirst(
  nodeId: string,
  nextDoor: TrunkDialer,
  others: ClosableDialer,
): ClosableDialer {
  return {
    dial(asked: string, incarnation: number, url: string, facts: TrunkToNodeFacts) {
      return (asked === nodeId ? nextDoor : others).dial(asked, incarnation, url, facts);
    },
    close: () => others.close(),
  };
}

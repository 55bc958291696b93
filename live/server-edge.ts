// The edge of a server: driver, front, and the trunks that lead to the node next door and to the others.

import type { EdgeDriver } from "./edge/edge-driver.ts";
import type { EdgeFront, FrontOptions } from "./edge/front.ts";
import { type ClosableDialer, nextDoorFirst, openDialer } from "./cluster-trunks.ts";
import { edgeCredentials } from "./credentials.ts";
import type { Making } from "./making.ts";
import { EdgeMeters } from "./operations/edge-meters.ts";
import { edgeIdOf, edgePolicy } from "./policies.ts";
import type { RunningNode } from "./server-node.ts";
import { PORT_PLAIN, PORT_TLS, type Settings } from "./settings-schema.ts";
import { blaming } from "./start-error.ts";
import type { TlsSource } from "./tls.ts";
import { shownHost } from "./shown-host.ts";
import { MemoryTrunks } from "./trunk/memory-trunk.ts";

export interface RunningEdge {
  readonly driver: EdgeDriver;
  readonly front: EdgeFront;
  readonly meters: EdgeMeters;
  /** 0 until it is open. */
  readonly port: number;
  /** Where clients connect; "" until it is open. */
  readonly url: string;
  /** Begins to listen. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** @throws StartError */
export async function startEdge(
  making: Making,
  node: RunningNode | undefined,
): Promise<RunningEdge> {
  const { settings, clock, log, buses, clusterSecrets, recorder } = making;
  const [{ EdgeDriver }, { EdgeFront }] = await Promise.all([
    import("./edge/edge-driver.ts"),
    import("./edge/front.ts"),
  ]);
  const credentials = await blaming(keySetting(settings), () =>
    edgeCredentials(settings, clusterSecrets, clock, log),
  );
  const meters = new EdgeMeters();
  const policy = edgePolicy(settings, Math.floor(clock.nowMs()));
  const trunks = await dialerOf(making, node, policy.incarnation, meters);
  const driver = new EdgeDriver({
    clock,
    policy,
    ...(recorder === undefined ? {} : { makeCore: recorder.makeEdge }),
    bus: buses.edge!, // Who has an edge has a bus for it.
    trunks,
    verifier: credentials.verifier,
    seal: credentials.seal,
    iceServers: credentials.iceServers,
    log,
    meters,
  });
  const front = new EdgeFront(driver, frontOptions(settings, credentials.tls), log);
  const { host, path } = settings.edge;
  const scheme = credentials.tls === undefined ? "ws" : "wss";
  driver.start();
  const running = {
    driver,
    front,
    meters,
    port: 0,
    url: "",
    async open() {
      const { port } = await blaming("edge.port", () => front.listen());
      running.port = port;
      running.url = `${scheme}://${shownHost(host)}:${port}${path}`;
    },
    async close() {
      await front.close();
      driver.stop();
      trunks.close();
      credentials.close();
    },
  };
  return running;
}

function frontOptions({ edge }: Settings, tls: TlsSource | undefined): FrontOptions {
  const { host, path, trustProxyHops, handshakeTimeoutMs, allowedOrigins } = edge;
  return {
    host,
    port: edge.port ?? (tls === undefined ? PORT_PLAIN : PORT_TLS),
    tls,
    allowedOrigins: allowedOrigins.includes("*") ? "any" : allowedOrigins,
    path,
    trustProxyHops,
    handshakeTimeoutMs,
    maxHeaderBytes: edge.headerBytesMax,
  };
}

/** Whose file it probably was that could not be used. */
function keySetting({ jwt, edge }: Settings): string {
  if (jwt.jwksFile !== undefined) return "jwt.jwksFile";
  return edge.tls.certFile === undefined ? "jwt.secretFile" : "edge.tls";
}

/** In memory to the node of this process, over the network to the others. */
async function dialerOf(
  making: Making,
  node: RunningNode | undefined,
  incarnation: number,
  meters: EdgeMeters,
): Promise<ClosableDialer> {
  const { settings } = making;
  const edgeId = edgeIdOf(settings);
  const nextDoor =
    node === undefined
      ? undefined
      : new MemoryTrunks(edgeId, node.driver, node.driver.trunkFacts());
  if (nextDoor !== undefined && settings.bus.url.length === 0) {
    return { dial: (...asked) => nextDoor.dial(...asked), close: () => {} };
  }
  const others = await openDialer(making, edgeId, incarnation, meters.trunks);
  return nextDoor === undefined ? others : nextDoorFirst(settings.id, nextDoor, others);
}

// The buses of a process, one handle per role: in memory when it is alone, NATS when it is not, both when edge and node are one process of many.

import type { Bus, BusSender } from "./bus/bus.ts";
import type { BusCounts } from "./bus/bus-counts.ts";
import type { BusTlsFiles } from "./bus/nats-bus.ts";
import { MemoryHub } from "./bus/memory-bus.ts";
import { NeighbourBus } from "./neighbour-bus.ts";
import type { Log } from "./operations/log.ts";
import { edgeIdOf } from "./policies.ts";
import type { Settings } from "./settings-schema.ts";

export type CountedBus = Bus & { readonly counts: BusCounts };

export interface Buses {
  readonly edge: CountedBus | undefined;
  readonly node: CountedBus | undefined;
  readonly all: readonly CountedBus[];
  /** The bus within the process, for tests: there it can be taken down. */
  readonly hub: MemoryHub;
  close(): Promise<void>;
}

/** `nodeUrl` is read whenever the node speaks: it is known once the node listens. */
export async function openBuses(
  settings: Settings,
  log: Log,
  nodeUrl: () => string,
): Promise<Buses> {
  const { role, id, bus, cluster } = settings;
  const hub = new MemoryHub();
  const edgeSender: BusSender = { id: edgeIdOf(settings), trunkUrl: "" };
  const nodeSender: BusSender = {
    id,
    get trunkUrl() {
      return nodeUrl();
    },
  };
  const wide = bus.url.length === 0 ? undefined : await natsOpener(bus, cluster.name, log);
  const open = (sender: BusSender, neighbourId: string): CountedBus => {
    if (wide === undefined) return hub.open(sender);
    if (role !== "all") return wide(sender);
    return new NeighbourBus(hub.open(sender), wide(sender), neighbourId);
  };
  const edge = role === "node" ? undefined : open(edgeSender, id);
  const node = role === "edge" ? undefined : open(nodeSender, edgeSender.id);
  const all = [edge, node].filter((one) => one !== undefined);
  return {
    edge,
    node,
    all,
    hub,
    close: async () => void (await Promise.all(all.map((one) => one.close()))),
  };
}

async function natsOpener(
  { url: servers, credentialsFile: credsFile, tls: files }: Settings["bus"],
  cluster: string,
  log: Log,
): Promise<(sender: BusSender) => CountedBus> {
  const { NatsBus } = await import("./bus/nats-bus.ts"); // Not loaded by who is alone.
  const credentials = credsFile === undefined ? {} : { credsFile };
  const given = Object.entries(files).filter(([, path]) => path !== undefined);
  const tls = given.length === 0 ? {} : { tls: Object.fromEntries(given) as BusTlsFiles };
  return (sender) => new NatsBus({ servers, cluster, sender, log, ...credentials, ...tls });
}

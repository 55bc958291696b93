// The node of a server: driver, and the door for the trunks of edges in other processes.

import { openTrunkDoor, type TrunkDoor } from "./cluster-trunks.ts";
import type { Making } from "./making.ts";
import { noMedia } from "./media.ts";
import type { NodeDriver } from "./node/node-driver.ts";
import { NodeMeters } from "./operations/node-meters.ts";
import { nodePolicy } from "./policies.ts";

export interface RunningNode {
  readonly driver: NodeDriver;
  readonly meters: NodeMeters;
  /** 0 when edge and node are one process that is alone. */
  readonly trunkPort: number;
  /** Where edges dial it; "" when nobody can. */
  readonly trunkUrl: string;
  /** Joins the bus and begins to beat. */
  start(): void;
  /** Says goodbye on the bus, and ends. */
  close(): Promise<void>;
}

/** @throws StartError */
export async function openNode(making: Making): Promise<RunningNode> {
  const { settings, clock, log, buses, recorder } = making;
  const { NodeDriver } = await import("./node/node-driver.ts");
  const meters = new NodeMeters();
  const driver = new NodeDriver({
    clock,
    policyOf: (incarnation) => nodePolicy(settings, incarnation),
    ...(recorder === undefined ? {} : { makeCore: recorder.makeNode }),
    bus: buses.node!, // Who has a node has a bus for it.
    media: noMedia,
    log,
    meters,
  });
  const isAlone = settings.role === "all" && settings.bus.url.length === 0;
  const door: TrunkDoor | undefined = isAlone
    ? undefined
    : await openTrunkDoor(making, driver, driver.trunkFacts(), meters.trunks);
  let isStarted = false;
  return {
    driver,
    meters,
    trunkPort: door?.port ?? 0,
    trunkUrl: door?.url ?? "",
    start() {
      isStarted = true;
      driver.start();
    },
    async close() {
      if (isStarted) driver.tell((core, nowMs) => core.leaveAsked(nowMs)); // Nobody waits for the lease.
      driver.stop();
      await door?.close();
    },
  };
}

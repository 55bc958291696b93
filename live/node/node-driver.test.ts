import { afterEach, expect, test } from "vitest";
import { joinOf, nodePolicy } from "../../core/fixtures.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import { Kind, Message } from "../../core/protocol/message.ts";
import type { AttachGrant } from "../../core/trunk.ts";
import { MemoryHub } from "../bus/memory-bus.ts";
import { processClock } from "../clock.ts";
import { type MediaPlane, noMedia } from "../media.ts";
import { recordingLog } from "../operations/log.ts";
import { NodeMeters } from "../operations/node-meters.ts";
import type { TrunkToEdge } from "../trunk/trunk.ts";
import { NodeDriver } from "./node-driver.ts";
import { TRUNK_MARK_BYTES } from "./trunk-marks.ts";

const drivers: NodeDriver[] = [];
afterEach(() => {
  for (const driver of drivers.splice(0)) driver.stop();
});

function started(policy: Partial<NodePolicy> = {}, media: MediaPlane = noMedia) {
  const hub = new MemoryHub();
  const log = recordingLog();
  const meters = new NodeMeters();
  const driver = new NodeDriver({
    clock: processClock,
    policyOf: (incarnation) => nodePolicy({ media: "mesh", ...policy, incarnation }),
    bus: hub.open({ id: "n0", trunkUrl: "" }),
    media,
    log,
    meters,
  });
  drivers.push(driver);
  driver.start();
  return { driver, hub, log, meters };
}

/** A trunk of which everything is known but its other end. */
class ScriptedTrunk implements TrunkToEdge {
  readonly edgeId: string;
  readonly edge: number;
  readonly told: string[] = [];
  readonly grants: AttachGrant[] = [];
  bufferedBytes = 0;
  flushes = 0;
  isClosed = false;

  constructor(driver: NodeDriver, edgeId: string) {
    this.edgeId = edgeId;
    this.edge = driver.trunkFacts().introduced(edgeId);
    driver.trunkFacts().opened(this);
  }

  attached(connection: number, grant: AttachGrant): void {
    this.grants.push(grant);
    this.told.push(`attached ${connection}`);
  }
  refused = (connection: number) => void this.told.push(`refused ${connection}`);
  multicast = (_room: number, except: number, message: Message) =>
    void this.told.push(`multicast ${message.kind} but ${except}`);
  deliver = (connection: number, _session: number, message: Message) =>
    void this.told.push(`deliver ${connection} ${message.kind}`);
  closeConnection = (connection: number) => void this.told.push(`close ${connection}`);
  flush = () => void this.flushes++;
  close = () => void (this.isClosed = true);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("[TR15] what facts leave to be fanned out gets its slice from the event loop, and leaves with it", async () => {
  const { driver, meters } = started({ sliceDeliveries: 1 });
  const facts = driver.trunkFacts();
  const trunks = ["e1", "e2"].map((id) => new ScriptedTrunk(driver, id));
  trunks.forEach((trunk, i) => facts.attachAsked(trunk, 10 + i, joinOf(`p${i}`)));
  await until(() => trunks[0]!.told.includes(`multicast ${Kind.participantJoined} but -1`));
  const { session } = trunks[0]!.grants[0]!;
  const flushes = trunks[1]!.flushes;
  for (let id = 1; id <= 3; id++) {
    facts.relayed(trunks[0]!, session, new Message(Kind.message, id, "", "", 0, 60, "", {}));
  }
  const due = `multicast ${Kind.message} but -1`;
  const served = () => trunks[1]!.told.filter((told) => told === due).length;
  expect(served()).toBeLessThan(3);
  expect(trunks[1]!.flushes).toBe(flushes);
  await until(() => served() === 3);
  expect(trunks[1]!.flushes).toBeGreaterThan(flushes);
  expect(meters.attaches).toBe(2);
  expect(meters.relayedByClass.reduce((sum, count) => sum + count)).toBe(3);
});

test("[RM3, TR16] a message is acknowledged when it has left to all edges, wherever the process dies", async () => {
  const { driver } = started();
  const facts = driver.trunkFacts();
  const trunks = ["e1", "e2"].map((id) => new ScriptedTrunk(driver, id));
  trunks.forEach((trunk, i) => facts.attachAsked(trunk, 10 + i, joinOf(`p${i}`)));
  await until(() => trunks[1]!.grants.length > 0);
  const said: string[] = [];
  trunks.forEach((trunk, i) => {
    trunk.multicast = (_room, _except, { kind }) => void said.push(`e${i} ${kind}`);
    trunk.deliver = (_connection, _session, { kind }) => void said.push(`e${i} ${kind}`);
    trunk.flush = () => void said.push(`e${i} flushed`);
  });
  trunks.forEach((trunk, i) => {
    const { session } = trunk.grants[0]!;
    facts.relayed(trunk, session, new Message(Kind.message, 1 + i, "", "", 0, 60, "", {}));
  });
  const oks = () => said.filter((one) => one.endsWith(` ${Kind.ok}`)).length;
  await until(() => oks() === 2);
  const firstOk = said.findIndex((one) => one.endsWith(` ${Kind.ok}`));
  const handed = said.slice(0, firstOk);
  for (const edge of ["e0", "e1"]) {
    expect(handed).toContain(`${edge} ${Kind.message}`);
    const flushed = handed.lastIndexOf(`${edge} flushed`);
    expect(flushed).toBeGreaterThan(handed.lastIndexOf(`${edge} ${Kind.message}`));
  }
  const lastOk = said.findLastIndex((one) => one.endsWith(` ${Kind.ok}`));
  expect(said.slice(lastOk)).toContain("e0 flushed");
});

test("[TR4] numbers of trunks are never used again, and orders to a lost one fall away", async () => {
  const { driver } = started();
  const facts = driver.trunkFacts();
  const first = new ScriptedTrunk(driver, "e1");
  facts.attachAsked(first, 10, joinOf("ada"));
  await until(() => first.grants.length > 0);
  facts.lost(first, "cut");
  const again = new ScriptedTrunk(driver, "e1");
  expect(again.edge).toBeGreaterThan(first.edge);
  expect(driver.trunkCount).toBe(1);
  const told = first.told.length;
  driver.multicast(first.edge, 0, -1, new Message(Kind.message, 1, "", "", 0, 60, "", {}));
  facts.lost(first, "cut again");
  expect(first.told.length).toBe(told);
  expect(again.told).toEqual([]);
});

test("[TR12] what waits on a trunk is told above a mark, and one that holds too much is dropped", async () => {
  const trunk = { softBytes: 2 * TRUNK_MARK_BYTES, hardBytes: 4 * TRUNK_MARK_BYTES };
  const { driver, log } = started({ trunk, beatEveryMs: 10 });
  const told: number[] = [];
  const core = driver.core;
  const real = core.trunkBuffered.bind(core);
  core.trunkBuffered = (edge, bytes, nowMs) => {
    told.push(bytes / TRUNK_MARK_BYTES);
    real(edge, bytes, nowMs);
  };
  const slow = new ScriptedTrunk(driver, "e1");
  const quick = new ScriptedTrunk(driver, "e2");
  slow.bufferedBytes = TRUNK_MARK_BYTES - 1;
  await until(() => slow.flushes > 2); // Beats have passed.
  expect(told).toEqual([]);
  slow.bufferedBytes = 3 * TRUNK_MARK_BYTES;
  await until(() => told.length >= 2); // Told, and again while it is so.
  expect(new Set(told)).toEqual(new Set([3]));
  slow.bufferedBytes = 0.5 * TRUNK_MARK_BYTES;
  await until(() => told.includes(0.5));
  slow.bufferedBytes = 5 * TRUNK_MARK_BYTES;
  await until(() => slow.isClosed);
  expect(quick.isClosed).toBe(false);
  expect(driver.trunkCount).toBe(1);
  expect(log.lines.at(-1)?.text).toBe("The trunk of an edge is dropped.");
});

test("[TR14] what the media plane answers to a life that is over is nobody's", async () => {
  let answer: ((sfu: { id: string; url: string; token: string }) => void) | undefined;
  const media: MediaPlane = {
    allocate: (_room, _roomId, later) => void (answer = later),
    received: () => {},
  };
  const { driver } = started({ media: "sfu" }, media);
  const trunk = new ScriptedTrunk(driver, "e1");
  driver.trunkFacts().attachAsked(trunk, 10, joinOf("ada"));
  await until(() => trunk.grants.length > 0);
  const sfu = { id: "sfu-1", url: "wss://sfu.example", token: "t" };
  answer!(sfu);
  await until(() => trunk.told.includes(`multicast ${Kind.sfu} but -1`));
  const { core, incarnation } = driver;
  driver.stepDown();
  expect(trunk.isClosed).toBe(true);
  expect(driver.incarnation).toBeGreaterThan(incarnation);
  expect(driver.core).not.toBe(core);
  answer!({ ...sfu, id: "sfu-2" });
  expect(driver.core.context.rooms.size).toBe(0);
});

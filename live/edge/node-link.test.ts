import { afterEach, expect, test, vi } from "vitest";
import { beatOf } from "../../core/fixtures.ts";
import type { AttachRequest, OrphanRoom } from "../../core/trunk.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { TrunkDialer, TrunkToNode, TrunkToNodeFacts } from "../trunk/trunk.ts";
import { EdgeBench, nextTurn } from "./edge-bench.ts";

/** A trunk that does what the test says, and remembers what it was told. */
class ScriptedTrunk implements TrunkToNode {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly url: string;
  readonly facts: TrunkToNodeFacts;
  readonly orders: string[] = [];
  bufferedBytes = 0;

  constructor(nodeId: string, incarnation: number, url: string, facts: TrunkToNodeFacts) {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
    this.url = url;
    this.facts = facts;
  }

  attach(_connection: number, { participantId }: AttachRequest): void {
    this.orders.push(`attach ${participantId}`);
  }

  relay(_session: number, { from }: Message): void {
    this.orders.push(`relay ${from}`);
  }

  acknowledge(_session: number, s: number): void {
    this.orders.push(`acknowledge ${s}`);
  }

  detach(session: number): void {
    this.orders.push(`detach ${session}`);
  }

  declareOrphans(rooms: readonly OrphanRoom[]): void {
    this.orders.push(`orphans ${rooms.map(({ roomId }) => roomId).join()}`);
  }

  close(): void {
    this.orders.push("close");
  }
}

class ScriptedDialer implements TrunkDialer {
  readonly dialled: ScriptedTrunk[] = [];

  dial(nodeId: string, life: number, url: string, facts: TrunkToNodeFacts): ScriptedTrunk {
    const trunk = new ScriptedTrunk(nodeId, life, url, facts);
    this.dialled.push(trunk);
    return trunk;
  }
}

const benches: EdgeBench[] = [];

async function started(): Promise<{
  bench: EdgeBench;
  trunks: ScriptedTrunk[];
  beat: (nodeId: string, incarnation: number, state?: "serving" | "gone") => Promise<void>;
}> {
  const dialer = new ScriptedDialer();
  const bench = await new EdgeBench({ trunks: dialer }).start();
  benches.push(bench);
  const buses = new Map<string, ReturnType<typeof bench.hub.open>>();
  const beat = async (
    nodeId: string,
    incarnation: number,
    state: "serving" | "gone" = "serving",
  ) => {
    const bus = buses.get(nodeId) ?? bench.hub.open({ id: nodeId, trunkUrl: `ws://${nodeId}` });
    buses.set(nodeId, bus);
    bus.publish("cluster", { type: "beat", beat: beatOf(nodeId, { incarnation, state }) });
    await nextTurn();
    await nextTurn();
  };
  return { bench, trunks: dialer.dialled, beat };
}

afterEach(async () => {
  vi.useRealTimers();
  for (const bench of benches.splice(0)) await bench.stop();
});

test("[ED8] the first beat of a life is answered by one dial to where it says", async () => {
  const { trunks, beat } = await started();
  await beat("n0", 5);
  await beat("n1", 7);
  await beat("n0", 5);
  expect(trunks.map(({ nodeId, incarnation, url }) => [nodeId, incarnation, url])).toEqual([
    ["n0", 5, "ws://n0"],
    ["n1", 7, "ws://n1"],
  ]);
});

test("[ED8] another life gets a trunk of its own, and the former one's is closed", async () => {
  const { bench, trunks, beat } = await started();
  await beat("n0", 5);
  trunks[0]!.facts.opened(trunks[0]!);
  await beat("n0", 6);
  expect(trunks.map(({ incarnation }) => incarnation)).toEqual([5, 6]);
  expect(trunks[0]!.orders).toContain("close");
  trunks[0]!.facts.lost(trunks[0]!, "late news");
  expect(bench.driver.core.view.node("n0")!.state).toBe("serving");
});

test("[ED8] a lost trunk is told once, dialled again ever more slowly, and told when it is back", async () => {
  const { bench, trunks, beat } = await started();
  await beat("n0", 5);
  const lost = vi.spyOn(bench.driver.core, "trunkLost");
  const opened = vi.spyOn(bench.driver.core, "trunkOpened");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  trunks[0]!.facts.opened(trunks[0]!);
  for (const waitMs of [50, 100, 200, 400, 800, 1_000, 1_000]) {
    const dials = trunks.length;
    const last = trunks.at(-1)!;
    last.facts.lost(last, "refused");
    vi.advanceTimersByTime(waitMs - 1);
    expect(trunks.length).toBe(dials);
    vi.advanceTimersByTime(1);
    expect(trunks.length).toBe(dials + 1);
  }
  expect(lost.mock.calls.map(([nodeId, , life]) => [nodeId, life])).toEqual([["n0", 5]]);
  const last = trunks.at(-1)!;
  last.facts.opened(last);
  expect(opened).toHaveBeenCalledTimes(2);
  expect(bench.driver.core.view.node("n0")!.state).toBe("serving");
  last.facts.lost(last, "again");
  expect(lost).toHaveBeenCalledTimes(2);
});

test("[ED8] a life that is gone is not dialled again", async () => {
  const { trunks, beat } = await started();
  await beat("n0", 5);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  trunks[0]!.facts.opened(trunks[0]!);
  await beat("n0", 5, "gone");
  trunks[0]!.facts.lost(trunks[0]!, "it left");
  vi.advanceTimersByTime(10_000);
  expect(trunks.length).toBe(1);
});

test("[ED8] joins go to the trunk before it is open, and to another node when it is lost", async () => {
  const { bench, trunks, beat } = await started();
  await beat("n0", 5);
  const ann = bench.client();
  await ann.next("hello");
  ann.send({ t: "join", id: 1, d: { room: "standup", token: "ann@standup", name: "Ann" } });
  while (trunks[0]!.orders.length === 0) await nextTurn();
  expect(trunks[0]!.orders).toEqual(["attach ann"]);
  await beat("n1", 7);
  trunks[0]!.facts.lost(trunks[0]!, "refused");
  expect(trunks[1]!.orders).toEqual(["attach ann"]);
});

test("[ED9] what waits on a trunk is told when it changes; one that is dropped is closed", async () => {
  const { bench, trunks, beat } = await started();
  await beat("n0", 5);
  const told = vi.spyOn(bench.driver.core, "trunkBuffered");
  trunks[0]!.facts.opened(trunks[0]!);
  trunks[0]!.bufferedBytes = 70_000;
  while (told.mock.calls.length < 1) await nextTurn();
  trunks[0]!.bufferedBytes = 0;
  while (told.mock.calls.length < 2) await nextTurn();
  expect(told.mock.calls.map(([node, bytes]) => [node, bytes])).toEqual([
    [0, 70_000],
    [0, 0],
  ]);
  bench.driver.dropTrunk(0);
  expect(trunks[0]!.orders).toContain("close");
  expect(bench.driver.openTrunkCount).toBe(0);
});

test("[ED9] the bus going and coming is told to core", async () => {
  const { bench } = await started();
  const facts = [
    vi.spyOn(bench.driver.core, "busLost"),
    vi.spyOn(bench.driver.core, "busRestored"),
  ];
  bench.hub.setUp(false);
  expect(facts.map((fact) => fact.mock.calls.length)).toEqual([1, 0]);
  bench.hub.setUp(true);
  expect(facts.map((fact) => fact.mock.calls.length)).toEqual([1, 1]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Kind, Message } from "../protocol/message.ts";
import { ClientBench } from "./client-bench.ts";
import type { ClientOrder } from "./recording-outbox.ts";

const sfu = { id: "sfu-1", url: "wss://sfu", token: "t" };
const other = { ...sfu, id: "sfu-2" };
const person = (client: number) => ({ id: `p${client}`, name: `P${client}` });
const media = new Set(["makeOffer", "acceptOffer", "acceptAnswer", "addCandidates", "dropPeer"]);

/** What the browser was asked to do, in short: "makeOffer 1 restart". */
function asked(orders: readonly ClientOrder[]): string[] {
  return orders.flatMap((order) => {
    if (!media.has(order.order)) return [];
    if (order.order === "makeOffer")
      return [`makeOffer ${order.n}${order.restart ? " restart" : ""}`];
    if (order.order === "dropPeer") return [`dropPeer ${order.peer}`];
    return "message" in order ? [`${order.order} ${order.message.n}`] : [];
  });
}

function connectedToSfu(bench: ClientBench): void {
  bench.live(0, { sfu });
  bench.core.media.offerMade(0, "sfu", 2, 500);
  bench.hear(0, Kind.answer, { sdp: "" }, 50, { from: "sfu", n: 2 });
  bench.core.media.iceChanged(0, "sfu", "connected", 100);
  bench.outbox.take();
}

test("[NG10] with an SFU the client offers, without one who comes in offers to those who are there", () => {
  const bench = new ClientBench(2);
  bench.live(0, { sfu });
  expect(asked(bench.outbox.take())).toEqual(["makeOffer 2"]);
  bench.live(1, { media: "mesh", participants: [person(0), person(1), person(2)] });
  const offers = bench.orders("makeOffer");
  expect(offers.map(({ peer, n }) => [peer, n])).toEqual([
    ["p0", 2],
    ["p2", 1],
  ]);
  bench.hear(1, Kind.participantJoined, person(3), 10, { s: 1 });
  expect(bench.orders("makeOffer")).toEqual([]);
});

test("[NG11] a resume does not touch media that flow", () => {
  const bench = new ClientBench();
  connectedToSfu(bench);
  for (const differing of [{}, { mode: "snapshot", s: 0, participants: [], sfu }] as const) {
    bench.core.closed(0, 1006, false, 5_000, 0);
    bench.greeted(0, 5_000);
    bench.resumed(0, differing, 40_000);
    bench.core.deadlinePassed(0, 50_000, 0);
  }
  expect(asked(bench.outbox.take())).toEqual([]);
});

test("[NG8] another SFU is a new connection, whose numbers go on", () => {
  const bench = new ClientBench();
  connectedToSfu(bench);
  bench.hear(0, Kind.sfu, other, 1_000, { s: 1 });
  bench.hear(0, Kind.answer, { sdp: "of the old one" }, 1_100, { from: "sfu", n: 2 });
  bench.core.media.offerMade(0, "sfu", 4, 500);
  bench.hear(0, Kind.answer, { sdp: "" }, 1_200, { from: "sfu", n: 4 });
  expect(asked(bench.outbox.take())).toEqual(["dropPeer sfu", "makeOffer 4", "acceptAnswer 4"]);
});

test("[NG8, NG9] ICE starts again after 3 s of disconnection or at failure, five times a minute", () => {
  const bench = new ClientBench();
  connectedToSfu(bench);
  bench.core.media.iceChanged(0, "sfu", "disconnected", 1_000);
  bench.core.media.iceChanged(0, "sfu", "connected", 3_999);
  bench.core.media.deadlinePassed(0, 4_000);
  expect(asked(bench.outbox.take())).toEqual([]);

  bench.core.media.iceChanged(0, "sfu", "failed", 10_000);
  const restarts: number[] = [];
  for (let nowMs = 10_000; nowMs < 80_000; nowMs += 500) {
    if (bench.core.media.nextDeadlineMs(0) <= nowMs) bench.core.media.deadlinePassed(0, nowMs);
    for (const { n, restart } of bench.orders("makeOffer")) {
      expect(restart).toBe(true);
      restarts.push(nowMs);
      bench.core.media.offerMade(0, "sfu", n, 500);
      bench.hear(0, Kind.answer, { sdp: "" }, nowMs, { from: "sfu", n });
    }
  }
  expect(restarts).toEqual([10_000, 15_000, 20_000, 25_000, 30_000, 70_000, 75_000]);
});

test("[NG11] an offer that was lost with the log is made again, with the same SFU", () => {
  const bench = new ClientBench();
  bench.live(0, { sfu });
  bench.core.media.offerMade(0, "sfu", 2, 500);
  bench.outbox.take();
  bench.core.closed(0, 1006, false, 100, 0);
  bench.greeted(0, 100);
  bench.resumed(0, { mode: "snapshot", reason: "moved", s: 0, participants: [], sfu }, 200);
  bench.core.media.offerMade(0, "sfu", 4, 500);
  bench.hear(0, Kind.answer, { sdp: "late" }, 250, { from: "sfu", n: 2 });
  bench.hear(0, Kind.answer, { sdp: "" }, 300, { from: "sfu", n: 4 });
  expect(asked(bench.outbox.take())).toEqual(["makeOffer 4", "acceptAnswer 4"]);
});

test("[NG5, NG7] candidates wait for their description, void ones go", () => {
  const bench = new ClientBench();
  bench.live(0, { sfu });
  bench.core.media.offerMade(0, "sfu", 2, 500);
  const candidate = (n: number, nowMs: number) =>
    bench.hear(0, Kind.candidate, { list: [{ candidate: "c" }] }, nowMs, { from: "sfu", n });
  candidate(2, 10);
  candidate(1, 11);
  expect(asked(bench.outbox.take())).toEqual(["makeOffer 2"]);
  bench.hear(0, Kind.answer, { sdp: "" }, 20, { from: "sfu", n: 2 });
  candidate(2, 30);
  bench.core.media.gathered(0, "sfu", 2, 90, [], true, 30);
  candidate(2, 40); // The connection rests in its column now.
  expect(asked(bench.outbox.take())).toEqual([
    "acceptAnswer 2",
    "addCandidates 2",
    "addCandidates 2",
    "addCandidates 2",
  ]);
});

test("[NG6] bursts within 50 ms travel together, and those of a void description not at all", () => {
  const bench = new ClientBench();
  bench.live(0, { sfu });
  bench.core.media.offerMade(0, "sfu", 2, 500);
  bench.outbox.take();
  const gathered = (n: number, atMs: number, isEnd: boolean) =>
    bench.core.media.gathered(0, "sfu", n, 100, [{ candidate: `at ${atMs}` }], isEnd, atMs);
  gathered(2, 0, false);
  gathered(2, 30, false);
  expect(bench.core.media.nextDeadlineMs(0)).toBe(50);
  bench.core.deadlinePassed(0, 50, 0);
  gathered(2, 60, false);
  gathered(2, 70, true);
  gathered(1, 80, true);
  const sent = bench.sent().map(({ kind, bytes, body }) => [kind, bytes, body]);
  expect(sent).toEqual([
    [Kind.candidate, 200, { list: [{ candidate: "at 0" }, { candidate: "at 30" }] }],
    [Kind.candidate, 200, { list: [{ candidate: "at 60" }, { candidate: "at 70" }] }],
    [Kind.endOfCandidates, 60, undefined],
  ]);
});

/** Two clients in a mesh, and what each has sent that the other has not yet received. */
class Pair {
  readonly bench = new ClientBench(2);
  readonly wires: Message[][] = [[], []];
  readonly making: { client: number; what: "offer" | "answer"; n: number }[] = [];
  readonly remote: string[] = ["", ""];

  constructor() {
    for (const client of [0, 1]) {
      this.bench.live(client, { media: "mesh", participants: [person(0), person(1)] });
    }
    this.collect();
  }

  collect(): void {
    for (const order of this.bench.outbox.take()) {
      const { client } = order;
      if (order.order === "send" && order.message.kind >= Kind.offer) {
        const { kind, n, body } = order.message;
        if (kind <= Kind.iceRestart) {
          this.wires[1 - client].push(new Message(kind, 0, `p${client}`, "", n, 50, "", body));
        }
      } else if (order.order === "makeOffer") {
        this.making.push({ client, what: "offer", n: order.n });
      } else if (order.order === "acceptOffer") {
        this.remote[client] = `offer ${order.message.n}`;
        this.making.push({ client, what: "answer", n: order.message.n });
      } else if (order.order === "acceptAnswer") {
        this.remote[client] = `answer ${order.message.n}`;
      }
    }
  }

  /** One of the things that may happen next; false when nothing is left. */
  step(choice: number): boolean {
    const ways: (() => void)[] = this.wires.flatMap((wire, client) =>
      wire.length === 0 ? [] : [() => this.bench.core.media.received(client, wire.shift()!, 0)],
    );
    this.making.forEach((made, i) => {
      ways.push(() => {
        this.making.splice(i, 1);
        const peer = `p${1 - made.client}`;
        if (made.what === "offer") this.bench.core.media.offerMade(made.client, peer, made.n, 50);
        else this.bench.core.media.answerMade(made.client, peer, made.n, 50);
      });
    });
    if (ways.length === 0) return false;
    ways[choice % ways.length]();
    this.collect();
    return true;
  }
}

test("[NG3, NG4] two clients that offer to each other agree, in whatever order things happen", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(11), { minLength: 1, maxLength: 40 }), (choices) => {
      const pair = new Pair();
      let steps = 0;
      while (pair.step(choices[steps % choices.length])) {
        steps++;
        expect(steps).toBeLessThan(100);
      }
      const numbers = pair.remote.map((one) => one.split(" ")[1]);
      expect(numbers[0]).toBe(numbers[1]);
      expect(new Set(pair.remote.map((one) => one.split(" ")[0]))).toEqual(
        new Set(["offer", "answer"]),
      );
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("[NG11] a pair whose descriptions were lost finds together again, whoever lost them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(11), { minLength: 1, maxLength: 40 }),
      fc.nat(12),
      fc.nat(1),
      (choices, before, loser) => {
        const pair = new Pair();
        for (let i = 0; i < before; i++) pair.step(choices[i % choices.length]);
        // The loser's socket breaks, its log is gone, and with it whatever was on its way to it.
        pair.wires[loser].length = 0;
        const body = {
          mode: "snapshot",
          participants: [person(0), person(1)],
          media: "mesh",
        } as never;
        pair.bench.core.media.resumed(loser, body, 0);
        pair.collect();
        let steps = 0;
        while (pair.step(choices[steps % choices.length])) {
          steps++;
          expect(steps).toBeLessThan(100);
        }
        const numbers = pair.remote.map((one) => one.split(" ")[1]);
        expect(numbers[0]).toBe(numbers[1]);
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});

test("[NG10] who leaves is dropped, and so is who was gone when a snapshot came", () => {
  const bench = new ClientBench();
  bench.live(0, { media: "mesh", participants: [person(0), person(1), person(2)] });
  bench.outbox.take();
  bench.hear(0, Kind.participantLeft, { id: "p2", reason: "left" }, 10, { s: 1 });
  bench.core.closed(0, 1006, false, 20, 0);
  bench.greeted(0, 20);
  bench.resumed(0, { mode: "snapshot", s: 0, participants: [person(0)], media: "mesh" }, 30);
  expect(asked(bench.outbox.take())).toEqual(["dropPeer p2", "dropPeer p1"]);
});

test("[NG13] who is missing when the session moved has the grace to follow", () => {
  const bench = new ClientBench();
  const participants = [0, 1, 2, 3].map(person);
  bench.live(0, { media: "mesh", participants });
  bench.outbox.take();
  bench.core.closed(0, 1006, false, 20, 0);
  bench.greeted(0, 20);
  const moved = { mode: "snapshot", reason: "moved", s: 0, media: "mesh" } as const;
  bench.resumed(0, { ...moved, participants: [person(0), person(1)] }, 1_000);
  expect(asked(bench.outbox.take())).not.toContain("dropPeer p2");
  bench.hear(0, Kind.participantJoined, person(2), 5_000, { s: 1 });
  bench.core.media.deadlinePassed(0, 15_999);
  expect(bench.orders("dropPeer")).toEqual([]);
  expect(bench.core.media.nextDeadlineMs(0)).toBeLessThanOrEqual(16_000);
  bench.core.media.deadlinePassed(0, 16_000); // The server's grace is 15 s.
  expect(bench.orders("dropPeer").map(({ peer }) => peer)).toEqual(["p3"]);
  bench.core.media.deadlinePassed(0, 60_000);
  expect(bench.orders("dropPeer")).toEqual([]);
});

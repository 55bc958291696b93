import { expect, test } from "vitest";
import { bucketShape } from "../budgets/token-bucket.ts";
import { nodePolicy } from "../fixtures.ts";
import { Kind } from "../protocol/message.ts";
import { NodeBench } from "./node-bench.ts";

const { budgets } = nodePolicy();
const isTold = ({ kind }: { kind: Kind }): boolean => kind !== Kind.participantJoined;

test("[RM2, RM3] messages are answered ok once served, in the order of all rooms' critical ones", () => {
  const node = new NodeBench({ sliceDeliveries: 1 });
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.told();
  node.say(bob.session, Kind.message, 1, "", { n: 1 });
  node.say(alice.session, Kind.message, 1, "", { n: 2 });
  node.say(bob.session, Kind.offer, 2, "alice", { n: 3 });
  expect(node.told()).toEqual([]); // Nothing is ok that is not served.
  node.core.deadlinePassed(0);
  expect(node.told().map(({ kind, re }) => [kind, re])).toEqual([
    [Kind.message, 1],
    [Kind.ok, 1],
  ]);
  node.serve();
  expect(node.told().map(({ edge, to, kind }) => [edge, to, kind])).toEqual([
    [1, -1, Kind.message],
    [0, alice.connection, Kind.ok],
    [0, alice.connection, Kind.offer],
    [1, bob.connection, Kind.ok],
  ]);
});

test("[RM4] a repetition is answered behind its original, and told to nobody", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.join("bob", {}, 1);
  node.told();
  node.say(alice.session, Kind.message, 1);
  node.say(alice.session, Kind.message, 2);
  node.say(alice.session, Kind.message, 1);
  node.serve();
  node.say(alice.session, Kind.message, 2);
  node.serve();
  expect(node.told().map(({ kind, re }) => [kind, re])).toEqual([
    [Kind.message, 1],
    [Kind.ok, 1],
    [Kind.message, 2],
    [Kind.ok, 2],
    [Kind.ok, 1],
    [Kind.ok, 2],
  ]);
});

test("[RM4] what was refused, or never arrived, is taken when it is offered again", () => {
  const node = new NodeBench({ budgets: { ...budgets, connection: bucketShape(1, 2, 0) } });
  const alice = node.join("alice");
  node.join("bob", {}, 1);
  node.told();
  for (const id of [1, 3, 4]) node.say(alice.session, Kind.message, id); // The edge refused 2.
  node.serve();
  const refused = node.told().filter(({ kind }) => kind === Kind.error);
  expect(refused.map(({ re, body }) => [re, (body as { code: string }).code])).toEqual([
    [4, "rate_limited"],
  ]);
  node.say(alice.session, Kind.message, 2, "", {}, 5_000);
  node.say(alice.session, Kind.message, 4, "", {}, 5_000);
  node.say(alice.session, Kind.message, 4, "", {}, 5_000);
  node.serve(5_000);
  expect(node.told().map(({ kind, re }) => [kind, re])).toEqual([
    [Kind.message, 2],
    [Kind.ok, 2],
    [Kind.message, 4],
    [Kind.ok, 4],
    [Kind.ok, 4],
  ]);
});

test("[RM5, TB3] what cannot be paid is refused, held back or dropped by its class", () => {
  const node = new NodeBench({ budgets: { ...budgets, room: bucketShape(10, 4, 2) } });
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.join("carol", {}, 1);
  node.told();
  node.say(alice.session, Kind.cursor, 0); // 2 of 4 deliveries; the rest is for critical ones.
  node.say(alice.session, Kind.cursor, 0);
  node.say(alice.session, Kind.state, 0, "", { mute: true }, 0, "mute");
  node.say(bob.session, Kind.state, 0, "", { mute: true }, 0, "mute");
  node.say(alice.session, Kind.state, 0, "", { mute: false }, 0, "mute");
  node.say(alice.session, Kind.message, 1);
  node.say(alice.session, Kind.message, 2);
  node.core.deadlinePassed(0);
  const told = node.told();
  expect(told.filter(({ kind }) => kind === Kind.error).map(({ re, body }) => [re, body])).toEqual([
    [2, { code: "rate_limited", message: "over the budget", retry: true, retryAfterMs: 200 }],
  ]);
  expect(told.filter(({ kind }) => kind === Kind.state)).toEqual([]);
  node.serve(3_000);
  const states = node.told().filter(({ kind }) => kind === Kind.state);
  expect(new Set(states.map(({ body }) => (body as { mute: boolean }).mute))).toEqual(
    new Set([false, true]),
  );
  const counts: unknown[] = [];
  node.core.context.drops.each((name, scope, dropped, merged) => {
    if (dropped + merged > 0) counts.push([name, scope, dropped, merged]);
  });
  expect(counts).toEqual([
    ["coalescable", "room", 0, 1],
    ["droppable", "room", 1, 0],
  ]);
});

test("[RM6] speakers go out twice a second, five at most, and nobody speaks who left", () => {
  const node = new NodeBench();
  const people = ["a", "b", "c", "d", "e", "f"].map((id) => node.join(id));
  node.told();
  for (const { session } of people) node.say(session, Kind.speaking, 0, "", { on: true, level: 2 });
  node.serve(499);
  const lists = () =>
    node
      .told()
      .filter(({ kind }) => kind === Kind.speakers)
      .map(({ body }) => (body as { list: { id: string }[] }).list.map(({ id }) => id));
  expect(lists()).toEqual([["a"]]);
  node.serve(500);
  expect(lists()).toEqual([["b", "c", "d", "e", "f"]]);
  node.detach(people[5], true, 600);
  node.say(people[4].session, Kind.speaking, 0, "", { on: false }, 600);
  node.serve(1_200);
  expect(lists()).toEqual([["a", "b", "c", "d"]]);
});

test("[RM7] who comes later finds the states of those who are there", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.say(alice.session, Kind.state, 0, "", { mute: true }, 0, "mute");
  node.say(alice.session, Kind.state, 0, "", { hand: true }, 0, "hand");
  node.say(alice.session, Kind.state, 0, "", { mute: false }, 0, "mute");
  node.serve();
  const { grant } = node.join("bob", {}, 1);
  expect(grant.participants).toEqual([
    { id: "alice", name: "alice", state: { mute: false, hand: true } },
  ]);
});

test("[RM8] nobody of that name is an error; somebody who may come back is not", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.detach(bob, false);
  node.told();
  node.say(alice.session, Kind.offer, 1, "zoe");
  node.say(alice.session, Kind.offer, 2, "bob", { sdp: "for later" });
  node.say(alice.session, Kind.join, 3);
  node.serve();
  const told = node.told().filter(isTold);
  expect(told.map(({ re, body }) => [re, (body as { code?: string } | undefined)?.code])).toEqual([
    [1, "no_such_peer"],
    [3, "unknown_type"],
    [2, undefined],
  ]);
  const back = node.resume(bob.grant, 0, 1);
  const replayed = node.told().filter(({ to }) => to === back.connection);
  expect(replayed.map(({ body }) => body)).toEqual([{ sdp: "for later" }]);
});

test("what is for the media plane goes there, and its answer comes back in order", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.orders();
  node.say(alice.session, Kind.offer, 1, "sfu", { sdp: "o" });
  expect(node.outbox.take().map(({ order }) => order)).toEqual(["toSfu", "deliver"]);
});

test("[RS23] a node that drains takes nothing more in a room of which somebody has gone", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.told();
  node.say(bob.session, Kind.message, 1); // Taken, and not served before alice's edge hears of the drain.
  node.core.drainAsked(10);
  node.core.detached(alice.session, 0, 0, false, 10);
  node.say(bob.session, Kind.message, 2);
  node.say(bob.session, Kind.offer, 3, "alice");
  node.serve();
  const told = node.told().filter(isTold);
  expect(told.map(({ kind, re }) => [kind, re]).sort()).toEqual([
    [Kind.error, 1],
    [Kind.error, 2],
    [Kind.error, 3],
  ]);
  node.core.drainCancelled(20);
  node.say(bob.session, Kind.message, 2);
  node.serve();
  expect(node.told().map(({ kind, re }) => [kind, re])).toContainEqual([Kind.ok, 2]);
});

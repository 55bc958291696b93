import { expect, test } from "vitest";
import { CloseCode } from "../protocol/limits.ts";
import { Kind } from "../protocol/message.ts";
import { NodeBench } from "./node-bench.ts";

test("[RM1] a joiner between a join and its telling finds an exact room", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.told();
  // Nothing is served between these: bob's and carol's coming still wait in the fanout.
  const bob = node.ask("bob").grant!;
  const carol = node.ask("carol", {}, 1).grant!;
  node.detach({ grant: bob, edge: 0 }, true);
  const dave = node.ask("dave", {}, 1).grant!;
  expect(bob.participants.map(({ id }) => id)).toEqual(["alice"]);
  expect(carol.participants.map(({ id }) => id)).toEqual(["alice"]);
  expect(dave.participants.map(({ id }) => id)).toEqual(["alice"]);
  node.setAside.length = 0;
  node.serve();

  // To dave's edge, in order: bob came, carol came (not told to carol), bob left, dave came (not to dave).
  const toEdge1 = node.told().filter(({ edge, to }) => edge === 1 && to < 0);
  expect(toEdge1.map(({ kind, body }) => [kind, (body as { id: string }).id])).toEqual([
    [Kind.participantJoined, "bob"],
    [Kind.participantJoined, "carol"],
    [Kind.participantLeft, "bob"],
    [Kind.participantJoined, "dave"],
  ]);
  const room = node.core.context.roomOf("standup")!;
  expect([...room.roster.ids()]).toEqual(["alice", "carol", "dave"]);
  // What each was sent and skipped adds up: dave saw bob come and go, and carol come.
  const { sessions } = node.core.context;
  expect([alice.session, carol.session, dave.session].map((who) => sessions.sentS(who))).toEqual([
    4, 3, 3,
  ]);
});

test("[RS6] who joins anew ends his session, and is not told of himself", () => {
  const node = new NodeBench();
  node.join("alice");
  const old = node.join("bob", {}, 1);
  node.told();
  const anew = node.ask("bob", {}, 1);
  expect(node.orders().filter(({ order }) => order === "close")).toEqual([
    {
      order: "close",
      edge: 1,
      connection: old.connection,
      session: old.session,
      code: CloseCode.replaced,
    },
  ]);
  node.serve();
  const told = node.told().filter(({ kind }) => kind !== Kind.sfu);
  expect(told.map(({ edge, kind, body }) => [edge, kind, body])).toEqual([
    [0, Kind.participantLeft, { id: "bob", reason: "replaced" }],
    [0, Kind.participantJoined, { id: "bob", name: "bob" }],
  ]);
  expect(node.core.context.sessions.sentS(anew.grant!.session)).toBe(0);
});

test("[RS22] a replay is followed by the states that changed since the socket was heard last", () => {
  const node = new NodeBench();
  const [alice, bob] = [node.join("alice"), node.join("bob", {}, 1)];
  node.join("carol");
  node.say(alice.session, Kind.state, 0, "", { hand: true }, 1_000, "hand");
  node.serve(1_000);
  node.say(bob.session, Kind.state, 0, "", { mute: true }, 50_000, "mute");
  node.serve(50_000);
  node.detach(bob, false, 60_000);
  node.told();
  // Long ago: bob has it for certain. His own state he knows.
  const calm = node.resume(bob.grant, node.core.context.sessions.sentS(bob.session), 1, 61_000);
  expect(node.told().filter(({ kind }) => kind === Kind.sync)).toEqual([]);

  node.say(alice.session, Kind.state, 0, "", { hand: false }, 62_000, "hand");
  node.serve(62_000);
  node.detach({ grant: calm.grant!, edge: 1 }, false, 63_000);
  const last = node.core.context.sessions.sentS(bob.session);
  const { connection } = node.resume(calm.grant!, last, 1, 64_000);
  const synced = node.told().filter(({ kind }) => kind === Kind.sync);
  expect(synced.map(({ to, body }) => [to, body])).toEqual([
    [connection, { participants: [{ id: "alice", name: "alice", state: { hand: false } }] }],
  ]);
});

test("[RS2] a replay brings messages to the room and to one in order, without the sender's own", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.say(alice.session, Kind.message, 1, "", { text: "all" });
  node.say(bob.session, Kind.message, 1, "", { text: "my own" });
  node.say(alice.session, Kind.message, 2, "bob", { text: "you" });
  node.serve();
  const seen = node.core.context.sessions.sentS(bob.session);
  node.detach(bob, false);
  node.say(alice.session, Kind.message, 3, "", { text: "missed" });
  node.say(alice.session, Kind.message, 4, "bob", { text: "missed, too" });
  node.serve();
  node.told();

  const { grant, connection } = node.resume(bob.grant, seen - 1, 0);
  expect(grant).toMatchObject({ mode: "replay", replayFrom: seen, s: seen + 2, rotation: 1 });
  const replayed = node.told().filter(({ to }) => to === connection);
  expect(replayed.map(({ s, body }) => [s, body])).toEqual([
    [seen, { text: "you" }],
    [seen + 1, { text: "missed" }],
    [seen + 2, { text: "missed, too" }],
  ]);
});

test("[RS3] a log that does not reach back gives a snapshot, and so does a number never sent", () => {
  const node = new NodeBench({ bufferMax: 3 });
  const alice = node.join("alice");
  const bob = node.join("bob", {}, 1);
  for (let id = 1; id <= 5; id++) node.say(alice.session, Kind.message, id);
  node.serve();
  node.detach(bob, false);
  const gap = node.resume(bob.grant, 0);
  expect(gap.grant).toMatchObject({ mode: "snapshot", reason: "gap" });
  expect(gap.grant!.participants.map(({ id }) => id)).toEqual(["alice", "bob"]);
  expect(gap.grant!.s).toBe(node.core.context.sessions.sentS(bob.session));
  expect(node.resume(gap.grant!, 999).grant).toMatchObject({ mode: "snapshot", reason: "gap" });
});

test("[RS5, RS6] the current and the previous token are good, and the newer socket wins", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  const first = node.resume(alice.grant, 0, 0); // The answer is lost on the way.
  expect(first.grant?.rotation).toBe(1);
  const again = node.resume(alice.grant, 0, 1);
  expect(again.grant?.rotation).toBe(2);
  const closes = node.orders().filter((order) => order.order === "close");
  expect(closes.map(({ edge, connection, code }) => [edge, connection, code])).toEqual([
    [0, alice.connection, CloseCode.replaced],
    [0, first.connection, CloseCode.replaced],
  ]);
  expect(node.resume(first.grant!, 0).grant?.rotation).toBe(3);
  expect(node.resume(alice.grant, 0).refusal?.reason).toBe("replaced"); // Three rotations old.
});

test("[RS4] a resume is rejected with its reason", () => {
  const node = new NodeBench({ resumeWindowMs: 60_000 });
  const alice = node.join("alice");
  node.join("bob");
  expect(node.resume(alice.grant, 0, 0, 0, { sessionId: "n0.1.77" }).refusal?.reason).toBe(
    "unknown",
  );
  node.join("carol", { roomId: "attic" });
  const { nodeId, incarnation } = node.core.beatNow();
  const { sessionId, session, rotation, expectedSize } = alice.grant;
  const who = { participantId: "alice", name: "alice", sessionId, session, rotation, expectedSize };
  const claims = { ...who, roomId: "attic", nodeId, incarnation, validUntilMs: Infinity };
  const elsewhere = node.ask("alice", { roomId: "attic", resume: claims });
  expect(elsewhere.refusal?.reason).toBe("unknown");
  node.detach(alice, true);
  expect(node.resume(alice.grant, 0).refusal?.reason).toBe("expired");
  const anew = node.join("alice");
  expect(node.resume(alice.grant, 0).refusal?.reason).toBe("replaced");
  node.detach(anew, false, 1_000);
  node.serve(61_000);
  expect(node.resume(anew.grant, 0, 0, 61_000).refusal?.reason).toBe("expired");
});

test("[RS7, RS8] a lost socket shows after 2 s, is told as left after 15 s, and may return until 60 s", () => {
  const node = new NodeBench();
  node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.told();
  node.detach(bob, false, 1_000);
  node.serve(2_999);
  expect(node.told()).toEqual([]);
  node.serve(3_000);
  expect(node.told().map(({ kind, body }) => [kind, body])).toEqual([
    [Kind.participantUpdated, { id: "bob", name: "bob", connection: "reconnecting" }],
  ]);
  node.serve(15_999);
  expect(node.told()).toEqual([]);
  node.serve(16_000);
  expect(node.told().map(({ kind, body }) => [kind, body])).toEqual([
    [Kind.participantLeft, { id: "bob", reason: "timeout" }],
  ]);
  expect(node.core.membership.ghostAgeMaxMs).toBe(15_000);

  const back = node.resume(bob.grant, 0, 1, 60_999);
  expect(back.grant?.mode).toBe("replay"); // He was not told that he left.
  node.serve(60_999);
  const joined = node.told().filter(({ kind }) => kind === Kind.participantJoined);
  expect(joined.map(({ body }) => body)).toEqual([{ id: "bob", name: "bob" }]); // Not "reconnecting".
});

test("[RS7] who comes back within the grace is shown as connected, and never left", () => {
  const node = new NodeBench();
  node.join("alice");
  const bob = node.join("bob", {}, 1);
  node.detach(bob, false, 0);
  node.serve(2_000);
  node.told();
  const back = node.resume(bob.grant, 0, 1, 14_000);
  node.detach({ grant: back.grant!, edge: 1 }, false, 14_500);
  const again = node.resume(back.grant!, 1, 0, 16_000);
  node.serve(70_000);
  expect(
    node
      .told()
      .filter(({ to }) => to < 0)
      .map(({ kind, body }) => [kind, body]),
  ).toEqual([[Kind.participantUpdated, { id: "bob", name: "bob" }]]);
  expect(again.grant?.rotation).toBe(2);
});

test("[RS9] the end of an earlier socket is not the end of the present one", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  const again = node.resume(alice.grant, 0, 0); // By the same edge, which has not seen the old one close.
  node.detach(alice, false);
  node.detach(alice, true);
  const { sessions } = node.core.context;
  expect([sessions.attachedCount, sessions.connection[alice.session]]).toEqual([
    1,
    again.connection,
  ]);
  node.detach({ grant: again.grant!, edge: 1 }, false); // Another edge never had it.
  expect(sessions.attachedCount).toBe(1);
  node.detach({ grant: again.grant!, edge: 0 }, false);
  expect(sessions.attachedCount).toBe(0);
});

test("[RS10] sessions of a lost edge resume by another", () => {
  const node = new NodeBench();
  const alice = node.join("alice", {}, 1);
  const bob = node.join("bob", {}, 1);
  const carol = node.join("carol", {}, 2);
  node.core.edgeLost(1, 5_000);
  expect(node.core.context.load).toBe(1);
  expect(node.resume(bob.grant, 1, 2, 6_000).grant?.mode).toBe("replay");
  expect(node.core.context.load).toBe(2);
  node.serve(20_000);
  const room = node.core.context.roomOf("standup")!;
  expect([...room.roster.ids()]).toEqual(["bob", "carol"]);
  expect(carol.grant.participants.map(({ id }) => id)).toEqual(["alice", "bob"]);
  expect(node.resume(alice.grant, 0, 2, 30_000).grant?.mode).toBe("replay");
});

const orphans = {
  roomId: "standup",
  expectedSize: 3,
  lostNodeId: "n9",
  participants: [
    { id: "alice", name: "alice" },
    { id: "bob", name: "bob" },
  ],
  sessionIds: ["n9.1.4", "n9.1.5"],
  expectedWithinMs: 20_000,
};
const fromN9 = { nodeId: "n9", incarnation: 1, session: 4, rotation: 0 };

test("[RS12] declared orphans are in the roster at once, and wait from the last slot on", () => {
  const node = new NodeBench();
  const carol = node.join("carol", {}, 1);
  node.told();
  node.core.orphansDeclared([orphans], 1_000);
  node.core.orphansDeclared([{ ...orphans, expectedWithinMs: 9_000 }], 1_000); // Nobody is doubled.
  node.serve(1_000);
  const bob = node.resume(
    { ...carol.grant, sessionId: "n9.1.5", participant: { id: "bob", name: "bob" } },
    7,
    0,
    3_000,
    fromN9,
  );
  expect(bob.grant).toMatchObject({ mode: "snapshot", reason: "moved", sessionId: "n9.1.5" });
  expect(bob.grant!.participants.map(({ id }) => id)).toEqual(["carol", "alice", "bob"]);

  node.serve(22_999);
  expect(
    node
      .told()
      .filter(({ to }) => to < 0)
      .map(({ kind }) => kind),
  ).toEqual([Kind.participantJoined, Kind.participantJoined]);
  node.serve(35_999); // The slot is at 21 s: shown after 2 s more, given up after 15 s.
  expect(node.told().map(({ body }) => body)).toMatchObject([
    { id: "alice", connection: "reconnecting" },
    { id: "alice", connection: "reconnecting" },
  ]);
  node.serve(36_000);
  expect(node.told().map(({ body }) => body)).toEqual([
    { id: "alice", reason: "timeout" },
    { id: "alice", reason: "timeout" },
  ]);
});

test("[RS3, RS12] who resumes before the declaration is adopted, and not doubled by it", () => {
  const node = new NodeBench();
  const carol = node.join("carol", {}, 1);
  const claims = {
    ...carol.grant,
    sessionId: "n9.1.4",
    participant: { id: "alice", name: "alice" },
  };
  const alice = node.resume(claims, 12, 0, 0, fromN9);
  expect(alice.grant).toMatchObject({ mode: "snapshot", reason: "moved", s: 0 });
  node.core.orphansDeclared([orphans], 10);
  node.serve(10);
  const room = node.core.context.roomOf("standup")!;
  expect([room.presentCount, room.attachedCount]).toEqual([3, 2]);
  // A second resume with the dead node's token is the same session; another session's is not.
  expect(node.resume(claims, 12, 1, 20, fromN9).grant?.sessionId).toBe("n9.1.4");
  const stranger = { ...claims, sessionId: "n9.1.99" };
  expect(node.resume(stranger, 0, 1, 20, fromN9).refusal?.reason).toBe("replaced");
});

test("[RS19] what was said since the declaration follows the snapshot, under new numbers", () => {
  const node = new NodeBench();
  const carol = node.join("carol", {}, 1);
  node.core.orphansDeclared([orphans], 1_000);
  node.serve(1_000);
  node.say(carol.session, Kind.message, 1, "", { text: "to all" }, 1_100);
  node.say(carol.session, Kind.message, 2, "bob", { text: "to bob" }, 1_200);
  node.say(carol.session, Kind.message, 3, "alice", { text: "to alice" }, 1_300);
  node.serve(2_000);
  node.told();
  const bob = node.resume(
    { ...carol.grant, sessionId: "n9.1.5", participant: { id: "bob", name: "bob" } },
    7,
    0,
    3_000,
    fromN9,
  );
  const told = node.told().filter(({ to }) => to === bob.connection);
  expect(told.map(({ body, s }) => [body, s])).toEqual([
    [{ text: "to all" }, 0],
    [{ text: "to bob" }, 0],
  ]);
  const { sessions } = node.core.context;
  expect(sessions.sentS(bob.grant!.session)).toBe(bob.grant!.s + 2); // The edge counts on from there.
});

test("[PL21] an empty room is closed after a second, unless somebody comes", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.detach(alice, true, 1_000);
  node.serve(1_999);
  const bob = node.join("bob", {}, 0, 1_999);
  node.serve(4_000);
  expect(node.core.context.rooms.size).toBe(1);
  node.detach(bob, true, 5_000);
  node.serve(6_000);
  expect(node.core.context.rooms.size).toBe(0);
  expect(node.core.context.committed.total).toBe(0);
});

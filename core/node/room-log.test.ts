import fc from "fast-check";
import { expect, test } from "vitest";
import { Kind, Message } from "../protocol/message.ts";
import { Room } from "./room.ts";
import { Sessions } from "./sessions.ts";

type Step =
  | { do: "room"; except: number }
  | { do: "one"; target: number }
  | { do: "ack"; who: number; share: number }
  | { do: "join" }
  | { do: "trim" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("room" as const), except: fc.nat(5) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("one" as const), target: fc.nat(4) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      who: fc.nat(4),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "join" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "trim" as const }) },
);

test("[RS2, RM13] a trimmed log replays what a list per session would, numbers included", () => {
  const bufferMax = 9;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
      const sessions = new Sessions();
      const room = new Room("standup", 0, 0);
      const members: number[] = [];
      const lists: Message[][] = [];
      const acked: number[] = [];
      const join = () => {
        members.push(sessions.open(room, { id: `p${members.length}`, name: "" }, ""));
        lists.push([]);
        acked.push(0);
      };
      join();
      join();
      for (const one of steps) {
        const message = new Message(Kind.message, 0, "p", "", 0, 10, "", { at: lists.length });
        if (one.do === "join") {
          if (members.length < 5) join();
        } else if (one.do === "room") {
          room.log.append(sessions, message, -1, members[one.except] ?? -1);
          lists.forEach((list, i) => i === one.except || list.push(message));
        } else if (one.do === "one") {
          const target = one.target % members.length;
          room.log.append(sessions, message, members[target], -1);
          lists[target].push(message);
        } else if (one.do === "ack") {
          const who = one.who % members.length;
          const upTo = Math.floor(lists[who].length * one.share);
          acked[who] = Math.max(acked[who], upTo);
          sessions.ackedS[who] = acked[who];
        } else {
          room.log.trim(sessions, members, bufferMax);
        }
      }
      members.forEach((session, i) => {
        const sent = lists[i].length;
        expect(sessions.sentS(session)).toBe(sent);
        const oldest = Math.max(acked[i], sent - bufferMax);
        for (let last = oldest; last <= sent; last++) {
          const got: [Message, number][] = [];
          const reached = room.log.replay(sessions, session, last, (m, s) => got.push([m, s]));
          expect(reached).toBe(true);
          expect(got.map(([, s]) => s)).toEqual(lists[i].slice(last).map((_, k) => last + 1 + k));
          expect(got.every(([m, s]) => m === lists[i][s - 1])).toBe(true);
        }
        expect(room.log.replay(sessions, session, sent + 1, () => undefined)).toBe(false);
      });
    }),
    { seed: 7, numRuns: 150 },
  );
});

test("[RM13] a log holds on to what the slowest member needs, and no longer", () => {
  const sessions = new Sessions();
  const room = new Room("standup", 0, 0);
  const [a, b] = ["a", "b"].map((id) => sessions.open(room, { id, name: id }, id));
  for (let i = 0; i < 40; i++) {
    room.log.append(sessions, new Message(Kind.message, 0, "", "", 0, 1, "", undefined), -1, -1);
  }
  sessions.ackedS[a] = 40;
  sessions.ackedS[b] = 31;
  room.log.trim(sessions, [a, b], 256);
  expect(room.log.length).toBe(9);
  room.log.trim(sessions, [a, b], 4);
  expect(room.log.length).toBe(4);
  sessions.ackedS[b] = 40;
  room.log.trim(sessions, [a, b], 256);
  expect(room.log.length).toBe(0);
  expect(room.log.replay(sessions, b, 39, () => undefined)).toBe(false);
});

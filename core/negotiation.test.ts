import fc from "fast-check";
import { expect, test } from "vitest";
import { isImpolite, Negotiation } from "./negotiation.ts";

test("[NG1] the smaller id by byte order is impolite, and the SFU always is", () => {
  expect(isImpolite("p_alice", "p_bob")).toBe(true);
  expect(isImpolite("p_bob", "p_alice")).toBe(false);
  expect(isImpolite("p_B", "p_a")).toBe(true); // Bytes, not a dictionary.
  expect(isImpolite("p_10", "p_9")).toBe(true);
  expect(isImpolite("p_1", "p_10")).toBe(true);
  expect(isImpolite("zz", "sfu")).toBe(false);
  expect(isImpolite("aa", "sfu")).toBe(false);
  expect(isImpolite("sfu", "aa")).toBe(true);
});

test("[NG2] impolite numbers are odd, polite ones even, each above all that was seen", () => {
  const impolite = new Negotiation(true);
  const polite = new Negotiation(false);
  const numbers: number[] = [];
  for (const side of [impolite, impolite, polite, impolite, polite, polite]) {
    const other = side === impolite ? polite : impolite;
    side.want(false);
    const n = side.takeOffer();
    numbers.push(n);
    expect(other.offerReceived(n)).toBe("accept");
    expect(other.answerMade(n)).toBe(true);
    expect(side.answerReceived(n)).toBe(true);
  }

  expect(numbers).toEqual([1, 3, 4, 5, 6, 8]);
});

test("[NG3] in a collision the impolite offer holds and the polite one is made again", () => {
  const impolite = new Negotiation(true);
  const polite = new Negotiation(false);
  impolite.want(false);
  polite.want(true);
  const first = impolite.takeOffer();
  const second = polite.takeOffer();

  expect(impolite.offerReceived(second)).toBe("ignore");
  expect(polite.offerReceived(first)).toBe("rollback");
  expect(polite.offerMade(second)).toBe(false); // Made too late: it is void.
  expect(polite.takeOffer()).toBe(0);
  expect(polite.answerMade(first)).toBe(true);
  expect(impolite.answerReceived(first)).toBe(true);
  expect([impolite.isStable, polite.isStable]).toEqual([true, true]);
  expect(polite.isRestart).toBe(true);
  expect(polite.takeOffer()).toBe(4);
});

test("[NG4] answers and offers that are out of date change nothing", () => {
  const pair = new Negotiation(false);
  expect(pair.answerReceived(1)).toBe(false);
  expect(pair.offerReceived(3)).toBe("accept");
  expect(pair.offerReceived(3)).toBe("stale");
  expect(pair.offerReceived(1)).toBe("stale");
  expect(pair.offerReceived(5)).toBe("accept");
  expect(pair.answerMade(3)).toBe(false);
  expect(pair.isStable).toBe(false);
  expect(pair.answerMade(5)).toBe(true);
  expect(pair.answerMade(5)).toBe(false);

  pair.want(false);
  const n = pair.takeOffer();
  expect(pair.answerReceived(n - 2)).toBe(false);
  expect(pair.answerReceived(n)).toBe(true);
  expect(pair.answerReceived(n)).toBe(false);
});

test("[NG4] wanting twice while busy gives one offer afterwards", () => {
  const pair = new Negotiation(true);
  pair.want(false);
  expect(pair.takeOffer()).toBe(1);
  pair.want(false);
  pair.want(true);
  expect(pair.takeOffer()).toBe(0);
  pair.answerReceived(1);

  expect(pair.takeOffer()).toBe(3);
  expect(pair.isRestart).toBe(true);
  pair.answerReceived(3);
  expect(pair.takeOffer()).toBe(0);
  expect(pair.isRestart).toBe(false);
});

test("[NG5] candidates follow their description: added, kept for later, or void", () => {
  const pair = new Negotiation(true);
  expect(pair.candidatesReceived(2)).toBe("buffer");
  pair.offerReceived(2);
  expect(pair.candidatesReceived(2)).toBe("add");
  pair.answerMade(2);
  pair.want(false);
  expect(pair.takeOffer()).toBe(3);
  expect(pair.candidatesReceived(3)).toBe("buffer"); // Of the answer that is under way.
  expect(pair.offerReceived(4)).toBe("ignore");
  expect(pair.candidatesReceived(4)).toBe("ignore");
  pair.answerReceived(3);

  expect(pair.describedN).toBe(3);
  expect(pair.candidatesReceived(3)).toBe("add");
  expect(pair.candidatesReceived(2)).toBe("stale");
  expect(pair.candidatesReceived(4)).toBe("ignore");
  expect(pair.candidatesReceived(6)).toBe("buffer");
});

interface Frame {
  readonly type: "offer" | "answer";
  readonly n: number;
}

/** Two sides, an ordered channel each way, and descriptions that take a turn to be made. */
class Pair {
  readonly sides = [new Negotiation(true), new Negotiation(false)];
  readonly channels: Frame[][] = [[], []];
  readonly making: Frame[][] = [[], []];
  readonly answered: number[] = [];

  step(action: number, side: number): void {
    const own = this.sides[side];
    if (action === 0) own.want(false);
    else if (action === 1) this.#receive(own, side);
    else this.#made(own, side);
    const n = own.takeOffer();
    if (n > 0) this.making[side].push({ type: "offer", n });
  }

  #receive(own: Negotiation, side: number): void {
    const frame = this.channels[side].shift();
    if (frame === undefined) return;
    if (frame.type === "answer") {
      if (own.answerReceived(frame.n)) this.answered.push(frame.n);
      return;
    }
    const verdict = own.offerReceived(frame.n);
    if (verdict === "accept" || verdict === "rollback") {
      this.making[side].push({ type: "answer", n: frame.n });
    }
  }

  #made(own: Negotiation, side: number): void {
    const frame = this.making[side].shift();
    if (frame === undefined) return;
    const holds = frame.type === "offer" ? own.offerMade(frame.n) : own.answerMade(frame.n);
    if (holds) this.channels[1 - side].push(frame);
  }
}

test("[NG3] whatever the order of things, both sides end stable on the same description", () => {
  const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(1)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (played) => {
      const pair = new Pair();
      for (const [action, side] of played) pair.step(action, side);
      for (let turn = 0; turn < 200; turn += 1) pair.step(1 + (turn & 1), (turn >> 1) & 1);

      expect(pair.sides.map((side) => side.isStable)).toEqual([true, true]);
      expect(pair.sides[0].describedN).toBe(pair.sides[1].describedN);
      expect(pair.answered).toEqual([...pair.answered].sort((a, b) => a - b));
      if (played.some(([action]) => action === 0)) expect(pair.answered.length).toBeGreaterThan(0);
    }),
    { seed: 31, numRuns: 500 },
  );
});

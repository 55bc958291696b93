import { expect, test } from "vitest";
import { PayloadShelf } from "./payload-shelf.ts";

test("[EV2] a payload is handed out once, forgotten, and its place used again", () => {
  const shelf = new PayloadShelf();
  const offer = { type: "offer" };
  const answer = { type: "answer" };
  const offerPlace = shelf.put(offer);
  const answerPlace = shelf.put(answer);
  expect(new Set([0, offerPlace, answerPlace]).size).toBe(3);

  expect(shelf.take(offerPlace)).toBe(offer);
  expect(shelf.put(answer)).toBe(offerPlace);
  expect(shelf.take(answerPlace)).toBe(answer);
  expect(shelf.take(answerPlace)).toBe(undefined);
});

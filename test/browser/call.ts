// A page in a call, as the tests see it; the page's side is page.js.

import type { Page } from "playwright-core";

export interface CallState {
  readonly others: readonly string[];
  readonly messages: readonly unknown[];
  /** What the SDK told the application, in order. */
  readonly events: readonly string[];
  /** Frames decoded from the other one's camera. */
  readonly frames: number;
  /** State of the connection with the other one. */
  readonly ice: string;
}

export interface Entry {
  readonly url: string;
  readonly token: string;
  readonly room: string;
  readonly name: string;
}

/** Resolves when the room is entered. */
export function enterRoom(page: Page, entry: Entry): Promise<void> {
  return page.evaluate(`enterRoom(${JSON.stringify(entry)})`);
}

export function callState(page: Page): Promise<CallState> {
  return page.evaluate("callState()");
}

/** Resolves when the message is acknowledged. */
export function say(page: Page, body: object): Promise<void> {
  return page.evaluate(`say(${JSON.stringify(body)})`);
}

/** Looks until it is so, for half a minute. */
export async function until(
  page: Page,
  isSo: (state: CallState) => boolean,
  what: string,
): Promise<CallState> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const state = await callState(page);
    if (isSo(state)) return state;
    if (performance.now() > deadlineMs) throw new Error(`${what}: ${JSON.stringify(state)}`);
    await page.waitForTimeout(100);
  }
}

// What all still pictures share: their frame, and their axis of time with faults.

import { clock, escaped, px, timeTicks } from "./markup.ts";
import type { FaultSpan } from "./storm.ts";

export const PLOT_WIDTH = 960;

export interface FigureParts {
  readonly id: string;
  readonly title: string;
  readonly height: number;
  /** Content of the SVG, PLOT_WIDTH wide. */
  readonly picture: string;
  /** What is to be seen, in a sentence with its numbers. */
  readonly says: string;
  readonly table: string;
}

export function figure({ id, title, height, picture, says, table }: FigureParts): {
  readonly id: string;
  readonly title: string;
  readonly html: string;
} {
  const html =
    `<figure class="cluster-view cv-figure" id="${id}"><h3>${escaped(title)}</h3>` +
    `<div class="cv-wide"><svg viewBox="0 0 ${PLOT_WIDTH} ${px(height)}" role="img" aria-label="${escaped(`${title}. ${says}`)}">${picture}</svg></div>` +
    `<figcaption>${escaped(says)}</figcaption>${table}</figure>`;
  return { id, title, html };
}

export interface Span {
  readonly left: number;
  readonly right: number;
}

/** Ticks and their names under a plot that spans 0 … durationMs between `left` and `right`. */
export function timeAxis(durationMs: number, y: number, { left, right }: Span): string {
  const ticks = timeTicks(durationMs, 10).map((ms) => {
    const x = left + ((right - left) * ms) / durationMs;
    const anchor = x > right - 16 ? "end" : x < left + 8 ? "start" : "middle";
    return (
      `<line class="cv-tick" x1="${px(x)}" x2="${px(x)}" y1="${px(y)}" y2="${px(y + 4)}"/>` +
      `<text class="cv-time" x="${px(x)}" y="${px(y + 16)}" text-anchor="${anchor}">${clock(ms)}</text>`
    );
  });
  return `<line class="cv-axis" x1="${px(left)}" x2="${px(right)}" y1="${px(y)}" y2="${px(y)}"/>${ticks.join("")}`;
}

/** A line or a band for each fault, with its name on top. */
export function faultMarks(
  faults: readonly FaultSpan[],
  durationMs: number,
  { left, right, top, bottom }: Span & { readonly top: number; readonly bottom: number },
): string {
  const xAt = (ms: number): number =>
    left + ((right - left) * Math.max(0, Math.min(durationMs, ms))) / durationMs;
  return faults
    .map(({ name, fromMs, toMs }) => {
      const [from, to] = [xAt(fromMs), xAt(toMs)];
      const band =
        to - from > 2
          ? `<rect class="cv-fault" x="${px(from)}" y="${px(top)}" width="${px(to - from)}" height="${px(bottom - top)}"/>`
          : `<line class="cv-fault-line" x1="${px(from)}" x2="${px(from)}" y1="${px(top)}" y2="${px(bottom)}"/>`;
      const isLeft = from > right - 140;
      return (
        band +
        `<text class="cv-fault-label" x="${px(isLeft ? from - 3 : from + 3)}" y="${px(top - 4)}"${isLeft ? ' text-anchor="end"' : ""}>${escaped(name)}</text>`
      );
    })
    .join("");
}

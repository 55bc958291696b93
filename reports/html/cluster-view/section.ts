// The cluster view of one run: what is on the page, and the script and style that it needs.
//
// Pure text: the same run makes the same bytes. Nothing in it needs more than hashes of its script and of its style
// in a content security policy. Without scripts the moment that tells most is seen, with its numbers.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount } from "../../format.ts";
import { DROPS_SCRIPT } from "./drops-script.ts";
import { clock, embedded, escaped, px } from "./markup.ts";
import { PLAYER_SCRIPT } from "./player-script.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { playable, type Storm, type StormInfo, stormOf } from "./storm.ts";
import { STYLE } from "./style.ts";
import { timelineOf } from "./timeline.ts";

export interface ClusterViewSection {
  readonly html: string;
  /** One script for all sections of a page; nothing of the run is in it. */
  readonly script: string;
  readonly style: string;
}

/** One script in a function of its own: what it names is nobody else's. */
const SCRIPT = `(()=>{"use strict";\n${DROPS_SCRIPT}\n${PLAYER_SCRIPT}\n})();`;

/** Undefined when the run kept no loads of nodes over time. */
export function clusterViewSection(
  result: RunResult,
  info: StormInfo,
): ClusterViewSection | undefined {
  const storm = stormOf(result, info);
  if (storm === undefined) return undefined;
  const label = stillLabel(storm, info);
  const scene = sceneOf(storm, label);
  const html =
    `<section class="cluster-view" tabindex="0" role="group" aria-label="${escaped(`The run played: ${info.title}`)}">` +
    readout(storm) +
    `<div class="cv-stage">${scene.svg}</div>` +
    `<div class="cv-course">${timelineOf(storm, info)}</div>` +
    controls(storm) +
    legend(storm) +
    `<p class="cv-unseen" role="status"></p>` +
    `<noscript><p class="cv-still">${escaped(label)}</p></noscript>` +
    `<script type="application/json" class="cv-play">${embedded({ ...playable(storm, info), ...placed(scene) })}</script>` +
    "</section>";
  return { html, script: SCRIPT, style: STYLE };
}

function stillLabel(storm: Storm, info: StormInfo): string {
  const { streams, tellingFrame: frame, grid } = storm;
  const down = storm.nodes.states.filter((states) => states[frame] === "down").length;
  const parts = [
    `${formatCount(Math.round(streams.sessions[frame]!))} sessions on ${storm.nodes.names.length} nodes`,
    `${formatCount(Math.round(streams.waiting[frame]!))} people on their way in`,
    `${formatCount(Math.round(streams.away[frame]!))} thrown out and not back yet`,
    ...(down > 0 ? [`${down} of the nodes down`] : []),
  ];
  const faults = info.faults.map(({ name, fromMs }) => `${name} at ${clock(fromMs)}`).join(", ");
  const struck = faults === "" ? "" : ` Faults: ${faults}.`;
  return `The cluster at ${clock((frame + 1) * grid.stepMs)}: ${parts.join(", ")}.${struck}`;
}

const READINGS: readonly (readonly [name: string, title: string])[] = [
  ["time", "time of the run"],
  ["sessions", "sessions"],
  ["waiting", "on their way in"],
  ["joins", "joins per second"],
  ["away", "thrown out"],
  ["returns", "returns per second"],
  ["ready", "nodes ready"],
];

function readout({ streams, tellingFrame: frame, grid }: Storm): string {
  const values: Readonly<Record<string, string>> = {
    time: clock((frame + 1) * grid.stepMs),
    sessions: formatCount(Math.round(streams.sessions[frame]!)),
    waiting: formatCount(Math.round(streams.waiting[frame]!)),
    joins: formatCount(Math.round(streams.joins[frame]!)),
    away: formatCount(Math.round(streams.away[frame]!)),
    returns: formatCount(Math.round(streams.returns[frame]!)),
    ready: formatCount(streams.ready[frame]!),
  };
  const items = READINGS.map(
    ([name, title]) =>
      `<div><dt>${title}</dt><dd data-reading="${name}">${values[name]}</dd></div>`,
  );
  return `<dl class="cv-readout">${items.join("")}</dl>`;
}

function controls({ grid, tellingFrame, paces, pace }: Storm): string {
  const options = paces.map(
    (one) => `<option value="${one}"${one === pace ? " selected" : ""}>× ${one}</option>`,
  );
  return (
    '<div class="cv-controls" hidden>' +
    `<input type="range" min="0" max="${grid.frames - 1}" step="1" value="${tellingFrame}" aria-label="Time of the run">` +
    '<button type="button" aria-keyshortcuts="Space">Play</button>' +
    `<label>Speed <select aria-label="Times faster than life">${options.join("")}</select></label>` +
    '<output aria-label="Time"></output>' +
    '<span class="cv-keys">space plays, ← → step, shift steps ten, home, end</span></div>'
  );
}

function legend({ dropOf, edges }: Storm): string {
  const drop = dropOf === 1 ? "one client" : `${formatCount(dropOf)} clients`;
  const shape = (content: string, width = 14): string =>
    `<svg viewBox="0 0 ${width} 14" width="${width}" height="14" aria-hidden="true">${content}</svg>`;
  const items = [
    `<li>${shape('<defs><linearGradient id="cv-ramp"><stop class="cv-stop0" offset="0"/><stop class="cv-stop1" offset="1"/></linearGradient></defs><rect width="48" height="12" y="1" rx="2" fill="url(#cv-ramp)"/><rect class="cv-swatch-hot" x="50" width="12" height="12" y="1" rx="2"/><rect class="cv-swatch-full" x="64" width="12" height="12" y="1" rx="2"/>', 78)}load of a node: empty to full, from 90 % on, full</li>`,
    ...(edges.names.length > 0 ? ["<li>an edge: its sockets</li>"] : []),
    `<li>${shape('<rect class="cv-busy" y="9" width="14" height="3" rx="1.5"/>')}busy share of its core</li>`,
    `<li class="cv-ink-join">${shape('<path d="M10 1 5 13" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>')}<span>${drop} joining</span></li>`,
    `<li class="cv-ink-wait">${shape('<circle cx="7" cy="7" r="2.5" fill="currentColor"/>')}<span>${drop} waiting</span></li>`,
    `<li class="cv-ink-away">${shape('<circle cx="7" cy="7" r="3.5" fill="currentColor"/>')}<span>${drop} thrown out, coming back</span></li>`,
    `<li class="cv-ink-refusal">${shape('<circle cx="7" cy="7" r="3.5" fill="none" stroke="currentColor" stroke-width="1.6"/>')}<span>${drop} told to come later</span></li>`,
    `<li class="cv-ink-strike">${shape('<path d="M8 0 3 8h4l-2 6 7-9H8l2-5z" fill="currentColor"/>')}<span>a host dies</span></li>`,
  ];
  return `<ul class="cv-legend">${items.join("")}</ul>`;
}

/** Where the cells stand, for drops to fall into: x, y of the middle, and the size. */
function placed({ height, edges, nodes }: Scene): Readonly<Record<string, unknown>> {
  const boxes = (cells: Scene["nodes"]): readonly (readonly number[])[] =>
    cells.map(({ x, y, width, height: tall }) => [x, y, width, tall].map((n) => Number(px(n))));
  return { height: Number(px(height)), edgeBoxes: boxes(edges), nodeBoxes: boxes(nodes) };
}

// The page's script, first part: clients in flight, drawn on a canvas over the stage.
//
// What is in the air at an instant is a function of that instant: each frame's drops have numbers, and a number's
// hash says where it begins and where it ends. So going back shows the same rain, and a pause holds it still. Where
// they go is what the loads say: drops fall on the hosts that grew in that frame, and leave those that shrank.
//
// Plain ECMAScript for the browser as text: this project's code knows no DOM. It names `createDrops` and `ramp` only.

import { FALL_MS } from "./storm.ts";
import { WIDTH } from "./scene.ts";

export const DROPS_SCRIPT = String.raw`
function hash(a, b) {
  let x = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 4294967296;
}

// Whole drops by frame, so that a thin stream still drops now and then.
function spawned(rates, stepMs, dropOf) {
  const marks = [0];
  let sum = 0;
  for (const rate of rates) {
    sum += (rate * stepMs) / 1000 / dropOf;
    marks.push(Math.floor(sum + 1e-9));
  }
  return marks;
}

function createDrops(storm, canvas, ink) {
  const brush = canvas.getContext("2d");
  const { nodes, edges, stepMs, frames, streams, dropOf, nodeBoxes, edgeBoxes } = storm;
  const marks = {};
  for (const name of ["joins", "losses", "returns", "refusals"]) {
    marks[name] = spawned(streams[name], stepMs, dropOf);
  }
  const SKY = { top: 34, bottom: 88 };
  const edgesEnd = edgeBoxes.length ? Math.max(...edgeBoxes.map((b) => b[1] + b[3])) : SKY.bottom;
  const nodesTop = Math.min(...nodeBoxes.map((b) => b[1]));
  const GAP = { top: edgesEnd + 8, bottom: nodesTop - 18 };
  const FALL_MS = ${FALL_MS};

  // By frame and direction: hosts with their running share of the change, for a hash to pick from.
  const memory = new Map();
  function changes(hosts, frame, sign) {
    const key = hosts.role + sign + "/" + frame;
    let known = memory.get(key);
    if (known) return known;
    known = { hosts: [], sums: [], sum: 0 };
    for (let i = 0; i < hosts.count; i++) {
      const before = frame > 0 ? hosts.loadAt(i, frame - 1) : 0;
      const change = sign * (hosts.loadAt(i, frame) - before);
      if (change > 0) {
        known.hosts.push(i);
        known.sums.push((known.sum += change));
      }
    }
    if (known.sum === 0) {
      for (let i = 0; i < hosts.count; i++) {
        if (hosts.stateAt(i, frame) !== 2) continue;
        known.hosts.push(i);
        known.sums.push((known.sum += 1));
      }
    }
    memory.set(key, known);
    return known;
  }
  function picked(hosts, boxes, frame, sign, draw, draw2) {
    const { hosts: some, sums, sum } = changes(hosts, frame, sign);
    if (some.length === 0) return undefined;
    let at = 0;
    while (at < sums.length - 1 && sums[at] <= draw * sum) at++;
    const [x, y, w, h] = boxes[some[at]];
    return { x: x + w * (0.2 + 0.6 * draw2), top: y, middle: y + h * 0.55, bottom: y + h };
  }
  const edgeDown = [];
  for (let f = 0; f < frames; f++) {
    let down = false;
    for (let i = 0; i < edges.count; i++) if (edges.stateAt(i, f) === 4) down = true;
    edgeDown.push(down);
  }

  function along(points, p) {
    const last = points.length - 1;
    const at = Math.min(last - 1, Math.floor(p * last));
    const q = p * last - at;
    // Down evenly, up again ever slower, and slower where it ends.
    const slowed = at === last - 1 ? 1 - (1 - q) * (1 - q) : q;
    const [a, b] = [points[at], points[at + 1]];
    return [a[0] + (b[0] - a[0]) * slowed, a[1] + (b[1] - a[1]) * slowed];
  }

  function pathOf(kind, frame, seed) {
    const a = hash(seed, 11), b = hash(seed, 23), c = hash(seed, 37), d = hash(seed, 41);
    const edge = picked(edges, edgeBoxes, frame, 1, a, b);
    const isSky = edgeDown[frame];
    if (kind === "losses") {
      const from = isSky
        ? picked(edges, edgeBoxes, frame, -1, c, d)
        : picked(nodes, nodeBoxes, frame, -1, c, d);
      if (!from) return undefined;
      const to = isSky
        ? [ramp(a, 20, ${WIDTH} - 20), ramp(b, SKY.top, SKY.bottom)]
        : [ramp(a, 20, ${WIDTH} - 20), ramp(b, GAP.top, GAP.bottom)];
      return [[from.x, from.middle], to];
    }
    // Clouds rain on what is below them: a little to the side, not across the sky.
    const below = edge ? edge.x : ramp(a, 16, ${WIDTH} - 16);
    const spread = below + (hash(seed, 53) - 0.5) * 260;
    const sky = [Math.max(8, Math.min(${WIDTH} - 8, spread)), ramp(hash(seed, 59), 4, SKY.top + 20)];
    if (kind === "refusals") {
      if (!edge) return undefined;
      return [sky, [edge.x, edge.top - 2], [edge.x + (a - 0.5) * 160, ramp(c, SKY.top, SKY.bottom)]];
    }
    const node = picked(nodes, nodeBoxes, frame, 1, c, d);
    if (!node) return undefined;
    if (kind === "returns" && !isSky) {
      return [[ramp(a, 20, ${WIDTH} - 20), ramp(b, GAP.top, GAP.bottom)], [node.x, node.middle]];
    }
    if (!edge) return [sky, [node.x, node.middle]];
    return [sky, [edge.x, edge.bottom], [node.x, node.middle]];
  }

  function stream(kind, nowMs, fallMs, ratio) {
    const own = marks[kind];
    const first = Math.max(0, Math.floor((nowMs - fallMs) / stepMs));
    const last = Math.min(frames - 1, Math.floor(nowMs / stepMs));
    brush.strokeStyle = brush.fillStyle = ink(kind);
    let drawn = 0;
    for (let frame = first; frame <= last; frame++) {
      const count = own[frame + 1] - own[frame];
      for (let i = 0; i < count; i++) {
        const seed = (own[frame] + i) * 4 + kind.length;
        const bornMs = (frame + (i + hash(seed, 3)) / count) * stepMs;
        const p = (nowMs - bornMs) / fallMs;
        if (p < 0 || p > 1 || ++drawn > 900) continue;
        const path = pathOf(kind, frame, seed);
        if (path) shape(kind, path, p, ratio);
      }
    }
    brush.globalAlpha = 1;
  }

  function shape(kind, path, p, ratio) {
    const [x, y] = along(path, p);
    brush.globalAlpha = Math.min(1, 6 * (1 - p), 0.25 + 4 * p) * 0.9;
    brush.beginPath();
    if (kind === "joins") {
      const [x0, y0] = along(path, Math.max(0, p - 0.045));
      const [dx, dy] = [x - x0, y - y0];
      const length = Math.max(0.01, Math.sqrt(dx * dx + dy * dy));
      const stretch = Math.max(5, length) / length;
      brush.lineWidth = 1.7;
      brush.moveTo(x - dx * stretch, y - dy * stretch);
      brush.lineTo(x, y);
      brush.stroke();
    } else if (kind === "refusals") {
      brush.lineWidth = 1.4;
      brush.arc(x, y, 2.6, 0, 7);
      brush.stroke();
    } else {
      brush.arc(x, y, 2.5, 0, 7);
      brush.fill();
    }
  }

  // Those who wait hover; each keeps its place as long as it is among them.
  function crowd(count, box, kind, nowMs, salt) {
    const shown = Math.min(700, Math.ceil(count / dropOf - 0.5));
    brush.fillStyle = ink(kind);
    brush.globalAlpha = 0.8;
    for (let i = 0; i < shown; i++) {
      const phase = hash(i, salt + 5) * 6.283 + nowMs / 1700;
      const x = ramp(hash(i, salt), 12, ${WIDTH} - 12) + 3 * Math.sin(phase);
      const y = ramp(hash(i, salt + 1), box.top, box.bottom) + 2 * Math.cos(phase * 1.3);
      brush.beginPath();
      brush.arc(x, y, 1.9, 0, 7);
      brush.fill();
    }
    brush.globalAlpha = 1;
  }

  // Lightning on whatever has just died.
  const strikes = [];
  for (const [hosts, boxes] of [[edges, edgeBoxes], [nodes, nodeBoxes]]) {
    for (let i = 0; i < hosts.count; i++) {
      for (let f = 1; f < frames; f++) {
        if (hosts.stateAt(i, f) !== 4 || hosts.stateAt(i, f - 1) === 4) continue;
        const near = storm.faults.find((s) => s.fromMs >= (f - 1) * stepMs && s.fromMs <= (f + 1) * stepMs);
        strikes.push({ atMs: near ? near.fromMs : f * stepMs, box: boxes[i], seed: strikes.length });
      }
    }
  }
  function lightning(nowMs, pace) {
    for (const { atMs, box, seed } of strikes) {
      const age = (nowMs - atMs) / pace / 700;
      if (age < 0 || age > 1) continue;
      const [x, y] = [box[0] + box[2] / 2, box[1] + box[3] / 2];
      brush.strokeStyle = ink("strike");
      brush.lineJoin = "round";
      brush.globalAlpha = 1 - age;
      brush.lineWidth = 2.6;
      brush.beginPath();
      const from = x + (hash(seed, 71) - 0.5) * 160;
      brush.moveTo(from, 6);
      for (let i = 1; i < 9; i++) {
        const at = from + ((x - from) * i) / 9 + (hash(seed, 80 + i) - 0.5) * 34;
        brush.lineTo(at, 6 + ((y - 6) * i) / 9);
      }
      brush.lineTo(x, y);
      brush.stroke();
      brush.lineWidth = 2;
      brush.beginPath();
      brush.arc(x, y, 8 + 70 * age, 0, 7);
      brush.stroke();
      brush.globalAlpha = 1;
    }
  }

  return {
    draw(nowMs, frame, pace, isStill) {
      const ratio = canvas.width / ${WIDTH};
      brush.setTransform(1, 0, 0, 1, 0, 0);
      brush.clearRect(0, 0, canvas.width, canvas.height);
      brush.setTransform(ratio, 0, 0, ratio, 0, 0);
      brush.lineCap = "round";
      const restMs = isStill ? 0 : nowMs;
      crowd(streams.waiting[frame], SKY, "waiting", restMs / pace, 101);
      crowd(streams.away[frame], edgeDown[frame] ? SKY : GAP, "returns", restMs / pace, 211);
      if (isStill) return;
      const fallMs = FALL_MS * pace;
      for (const kind of ["refusals", "joins", "losses", "returns"]) stream(kind, nowMs, fallMs, ratio);
      lightning(nowMs, pace);
    },
  };
}

function ramp(draw, from, to) {
  return from + draw * (to - from);
}`;

// The page's script, second part: the clock, the controls, and the cells that follow them.
//
// Everything on the stage follows from one number, the instant of the run. It plays once when it comes into view,
// unless the reader asked for less motion; then it plays when told to, frame by frame and without flight or flash.

export const PLAYER_SCRIPT = String.raw`
const STATES = ["absent", "starting", "up", "draining", "down"];

function bytesOf(text) {
  if (!text) return undefined;
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function hostsOf(role, packed, frames) {
  const load = bytesOf(packed.load);
  const busy = bytesOf(packed.busy);
  const count = packed.names.length;
  const states = new Uint8Array(count * frames);
  packed.states.forEach((pairs, i) => {
    for (let k = 0; k < pairs.length; k += 2) {
      states.fill(pairs[k + 1], i * frames + pairs[k], (i + 1) * frames);
    }
  });
  return {
    role, count, names: packed.names,
    loadAt: (i, frame) => load[i * frames + frame] / 255,
    busyAt: (i, frame) => (busy ? busy[i * frames + frame] / 255 : 0),
    stateAt: (i, frame) => states[i * frames + frame],
  };
}

function countText(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function clockText(ms) {
  if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
  const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  return h > 0 ? h + "h " + two(m) + "m " + two(s % 60) + "s" : m + "m " + two(s % 60) + "s";
}

// The elements of one cell, and what they showed last: nothing is touched that stays as it is.
function cellOf(group, name, levelMax, loadText) {
  const part = (what) => group.querySelector(".cv-" + what);
  const fill = part("fill"), busy = part("busy"), glass = part("glass"), share = part("share");
  const title = group.querySelector("title");
  const height = Number(glass.getAttribute("height")), width = Number(glass.getAttribute("width"));
  let shown = "";
  return (state, load, busyShare) => {
    const isThere = state === 2 || state === 3;
    const level = isThere ? Math.max(0, Math.min(levelMax, Math.floor(load * 10 + 0.02))) : 0;
    const tall = isThere ? height * Math.min(1, load) : 0;
    const wide = isThere ? width * Math.min(1, busyShare) : 0;
    const long = wide < 1.5 ? 0 : wide;
    const now = state + "/" + level + "/" + tall.toFixed(1) + "/" + long.toFixed(1);
    if (now === shown) return;
    shown = now;
    group.setAttribute("class", "cv-cell cv-" + STATES[state] + " cv-l" + level);
    fill.setAttribute("y", (height - tall).toFixed(2));
    fill.setAttribute("height", tall.toFixed(2));
    busy.setAttribute("width", long.toFixed(2));
    const text = isThere ? loadText(load) : state === 0 ? "" : STATES[state];
    if (share) share.textContent = text;
    title.textContent = name + ": " + (text || "absent") + (isThere ? ", core " + Math.round(busyShare * 100) + " % busy" : "");
  };
}

function play(root) {
  const packed = JSON.parse(root.querySelector(".cv-play").textContent);
  const { frames, stepMs, durationMs, streams } = packed;
  const nodes = hostsOf("node", packed.nodes, frames);
  const edges = hostsOf("edge", packed.edges, frames);
  const storm = Object.assign({}, packed, { nodes, edges });
  const find = (what) => root.querySelector(what);
  const cells = [[edges, ".cv-edges"], [nodes, ".cv-nodes"]].map(([hosts, where]) => {
    const groups = [...root.querySelectorAll(where + " > .cv-cell")];
    const isEdge = hosts.role === "edge";
    const text = isEdge
      ? (load) => countText(load * packed.edgeFull)
      : (load) => Math.round(load * 100) + " %";
    return { hosts, show: groups.map((group, i) => cellOf(group, hosts.names[i], isEdge ? 8 : 10, text)) };
  });
  const stage = find(".cv-stage"), course = find(".cv-course"), scene = find(".cv-scene");
  const controls = find(".cv-controls"), range = find("input[type=range]");
  const button = find(".cv-controls button"), speed = find("select"), output = find("output");
  const playhead = find(".cv-playhead"), faultName = find(".cv-fault-name"), status = find("[role=status]");
  const readings = Object.fromEntries([...root.querySelectorAll("[data-reading]")].map((e) => [e.dataset.reading, e]));
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  stage.append(canvas);

  // Colours are those of the legend, whatever theme made them so.
  const swatches = { joins: ".cv-ink-join", losses: ".cv-ink-away", returns: ".cv-ink-away", refusals: ".cv-ink-refusal", waiting: ".cv-ink-wait", strike: ".cv-ink-strike" };
  let inks = {};
  function readInks() {
    for (const name of Object.keys(swatches)) {
      const swatch = find(swatches[name]);
      if (swatch) inks[name] = getComputedStyle(swatch).color;
    }
  }
  const drops = createDrops(storm, canvas, (name) => inks[name] || "#888");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  let nowMs = (packed.tellingFrame + 1) * stepMs;
  let pace = packed.pace, isPlaying = false, lastTick = 0, inkAge = 0;
  const frameOf = (ms) => Math.max(0, Math.min(frames - 1, Math.ceil(ms / stepMs - 1e-6) - 1));

  function show() {
    const frame = frameOf(nowMs);
    const part = calm.matches ? 1 : Math.max(0, Math.min(1, nowMs / stepMs - frame));
    for (const { hosts, show: cell } of cells) {
      for (let i = 0; i < hosts.count; i++) {
        // A frame's state is that of its end: until then the host is what it was.
        const isTurning = part < 1 && frame > 0 && hosts.stateAt(i, frame - 1) !== hosts.stateAt(i, frame);
        const at = isTurning ? frame - 1 : frame;
        const load = hosts.loadAt(i, at), before = frame > 0 && !isTurning ? hosts.loadAt(i, frame - 1) : load;
        cell[i](hosts.stateAt(i, at), before + (load - before) * part, hosts.busyAt(i, frame));
      }
    }
    const ended = part < 1 && frame > 0 ? frame - 1 : frame;
    const x = String(Math.min(960, (960 * nowMs) / durationMs));
    playhead.setAttribute("x1", x);
    playhead.setAttribute("x2", x);
    const text = {
      time: clockText(nowMs),
      ready: countText(streams.ready[ended]),
    };
    for (const name of ["joins", "returns"]) text[name] = countText(streams[name][frame]);
    for (const name of ["sessions", "waiting", "away"]) text[name] = countText(streams[name][ended]);
    for (const name of Object.keys(readings)) {
      if (readings[name].textContent !== text[name]) readings[name].textContent = text[name];
    }
    output.textContent = text.time;
    range.value = String(frame);
    range.setAttribute("aria-valuetext", spoken(frame));
    const active = packed.faults.filter((f) => nowMs >= f.fromMs && nowMs <= Math.max(f.toMs, f.fromMs + 3000 * pace));
    const names = active.map((f) => f.name).join(", ");
    if (faultName.textContent !== names) faultName.textContent = names;
    const isFlash = !calm.matches && packed.faults.some((f) => nowMs >= f.fromMs && nowMs - f.fromMs < 450 * pace);
    scene.classList.toggle("cv-flash", isFlash);
    drops.draw(nowMs, frame, pace, calm.matches);
  }

  function spoken(frame) {
    return clockText(nowMs) + ": " + countText(streams.sessions[frame]) + " sessions, " +
      countText(streams.waiting[frame]) + " on their way in, " + countText(streams.away[frame]) + " thrown out and not back";
  }

  function tick(at) {
    if (!isPlaying) return;
    const passed = Math.min(100, at - lastTick);
    lastTick = at;
    nowMs += passed * pace;
    if ((inkAge += passed) > 1000) { inkAge = 0; readInks(); }
    if (nowMs >= durationMs) { nowMs = durationMs; turn(false); }
    show();
    if (isPlaying) requestAnimationFrame(tick);
  }

  function turn(on) {
    isPlaying = on;
    button.textContent = on ? "Pause" : nowMs >= durationMs ? "Play again" : "Play";
    if (!on) { status.textContent = spoken(frameOf(nowMs)); return; }
    if (nowMs >= durationMs) nowMs = 0;
    readInks();
    lastTick = performance.now();
    requestAnimationFrame(tick);
  }

  let isTouched = false;
  function seek(ms) {
    isTouched = true;
    if (isPlaying) turn(false);
    nowMs = Math.max(0, Math.min(durationMs, ms));
    readInks();
    show();
    button.textContent = nowMs >= durationMs ? "Play again" : "Play";
  }

  function resize() {
    const box = stage.getBoundingClientRect();
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.max(1, Math.round(box.width * ratio));
    canvas.height = Math.max(1, Math.round(box.height * ratio));
    readInks();
    show();
  }

  button.addEventListener("click", () => turn(!isPlaying));
  speed.addEventListener("change", () => { pace = Number(speed.value); show(); });
  range.addEventListener("input", () => seek((Number(range.value) + 1) * stepMs));
  range.addEventListener("change", () => { status.textContent = spoken(frameOf(nowMs)); });
  const pointed = (event) => {
    const box = course.getBoundingClientRect();
    seek((durationMs * (event.clientX - box.left)) / box.width);
  };
  course.addEventListener("pointerdown", (event) => {
    course.setPointerCapture(event.pointerId);
    pointed(event);
  });
  course.addEventListener("pointermove", (event) => { if (event.buttons & 1) pointed(event); });
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === speed) return;
    const step = (event.shiftKey ? 10 : 1) * stepMs;
    if (event.key === " ") { if (event.target === button) return; turn(!isPlaying); }
    else if (event.key === "ArrowRight") seek((frameOf(nowMs) + 1) * stepMs + step);
    else if (event.key === "ArrowLeft") seek(Math.max(stepMs, (frameOf(nowMs) + 1) * stepMs - step));
    else if (event.key === "Home") seek(stepMs);
    else if (event.key === "End") seek(durationMs);
    else return;
    event.preventDefault();
  });
  addEventListener("beforeprint", () => seek((packed.tellingFrame + 1) * stepMs));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readInks(); show(); });
  calm.addEventListener("change", show);
  new ResizeObserver(resize).observe(stage);
  controls.hidden = false;
  resize();
  turn(false);
  if (calm.matches) return;
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.intersectionRatio >= 0.6)) return;
    watch.disconnect();
    if (isTouched || isPlaying) return;
    nowMs = 0;
    turn(true);
  }, { threshold: [0.6] });
  watch.observe(stage);
}

for (const root of document.querySelectorAll("section.cluster-view")) play(root);`;

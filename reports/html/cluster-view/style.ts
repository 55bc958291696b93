// How the cluster view looks. Colours come from the page's variables where it has some, else from here.
//
// Blue fills up, orange is nearly full, red is full; pink is who lost a session. Those four stay apart for all common
// kinds of colour blindness, in light and in dark; shapes say the same (streaks fall, dots fly, rings rise).

const RAMP = Array.from(
  { length: 9 },
  (_, level) =>
    `.cluster-view .cv-l${level} .cv-fill{fill:color-mix(in srgb,var(--cv-accent) ${28 + 7 * level}%,var(--cv-paper))}`,
).join("\n");

export const STYLE = `
.cluster-view{--cv-ink:var(--ink,#1a2230);--cv-paper:var(--paper,#fff);--cv-muted:var(--ink-2,#5d6878);
--cv-accent:var(--accent,var(--blue,#2f7ed8));--cv-hot:#e07b12;--cv-full:#d43d3d;--cv-away:var(--purple,#c9529f);
--cv-line:color-mix(in srgb,var(--cv-ink) 18%,var(--cv-paper));--cv-faint:color-mix(in srgb,var(--cv-ink) 6%,var(--cv-paper));
color:var(--cv-ink);font:14px/1.45 system-ui,sans-serif;margin:1.5rem 0;max-width:1100px}
@media (prefers-color-scheme:dark){.cluster-view{--cv-ink:var(--ink,#e6ebf2);--cv-paper:var(--paper,#11161d);--cv-muted:var(--ink-2,#9aa6b5)}}
.cluster-view:focus{outline:none}
.cluster-view:focus-visible .cv-stage{outline:2px solid var(--cv-accent);outline-offset:4px}
.cluster-view svg{display:block;width:100%;height:auto;overflow:visible}
.cluster-view svg text{font:11px system-ui,sans-serif;fill:var(--cv-muted)}
.cv-stage{position:relative;border-radius:8px}
.cv-stage canvas{position:absolute;left:0;top:0;width:100%;height:100%;pointer-events:none}
.cv-readout{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.25rem 1rem;margin:0 0 .6rem;font-variant-numeric:tabular-nums}
.cv-readout div{display:flex;flex-direction:column-reverse}
.cv-readout dt{font-size:12px;color:var(--cv-muted)}
.cv-readout dd{margin:0;font-size:20px;font-weight:600;line-height:1.2}
.cv-sky{fill:var(--cv-faint)}
.cv-flash .cv-sky{fill:color-mix(in srgb,var(--cv-full) 22%,var(--cv-paper))}
.cluster-view svg .cv-outside,.cluster-view svg .cv-layer{font-size:11px;letter-spacing:.04em}
.cluster-view svg .cv-fault-name{font-size:14px;font-weight:600;fill:var(--cv-full)}
.cv-glass{fill:var(--cv-faint)}
.cv-rim{fill:none;stroke:var(--cv-line)}
${RAMP}
.cluster-view .cv-l9 .cv-fill{fill:var(--cv-hot)}
.cluster-view .cv-l10 .cv-fill{fill:var(--cv-full)}
.cv-busy{fill:var(--cv-ink);opacity:.75}
.cluster-view svg .cv-name,.cluster-view svg .cv-share{text-anchor:middle;fill:var(--cv-ink);
paint-order:stroke;stroke:var(--cv-paper);stroke-width:2.5px;stroke-opacity:.55;stroke-linejoin:round}
.cluster-view svg .cv-name{font-weight:600}
.cv-absent .cv-rim{stroke-dasharray:2 4}
.cv-absent .cv-glass{fill:none}
.cv-absent .cv-name{opacity:.45}
.cv-starting .cv-rim{stroke:var(--cv-accent);stroke-dasharray:4 3;stroke-width:1.5}
.cv-draining .cv-rim{stroke:var(--cv-hot);stroke-dasharray:7 3;stroke-width:2.5}
.cv-down .cv-glass{fill:url(#cv-hatch)}
.cv-down .cv-rim{stroke:var(--cv-full);stroke-width:1.5}
.cv-hatching{stroke:var(--cv-muted);stroke-width:1;opacity:.6;fill:none}
.cv-fault{fill:var(--cv-full);opacity:.28}
.cv-bolt{fill:var(--cv-full)}
.cluster-view svg .cv-fault-label{fill:var(--cv-full);font-weight:600}
.cv-area{fill:color-mix(in srgb,var(--cv-accent) 22%,var(--cv-paper))}
.cv-line{fill:none;stroke-width:1.6;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.cv-joins{stroke:var(--cv-accent)}.cv-returns{stroke:var(--cv-away)}.cv-refusals{stroke:var(--cv-hot);stroke-dasharray:3 2}
.cv-ready{stroke:var(--cv-ink)}.cv-desired{stroke:var(--cv-ink);stroke-dasharray:2 3}
.cluster-view svg .cv-lane,.cluster-view svg .cv-fault-label{paint-order:stroke;stroke:var(--cv-paper);stroke-width:3px;stroke-linejoin:round}
.cv-axis,.cv-tick{stroke:var(--cv-line)}
.cv-playhead{stroke:var(--cv-ink);stroke-width:1.5}
.cv-course{position:relative;margin-top:.8rem;touch-action:none;cursor:ew-resize}
.cv-controls{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;margin-top:.4rem}
.cv-controls[hidden]{display:none}
.cv-controls input[type=range]{flex:1 1 100%;margin:0;accent-color:var(--cv-accent)}
.cv-controls button,.cv-controls select{font:inherit;color:inherit;background:var(--cv-faint);border:1px solid var(--cv-line);
border-radius:6px;padding:.25rem .7rem;min-height:2rem}
.cv-controls button{min-width:6.2rem;font-weight:600}
.cv-controls label{display:inline-flex;gap:.4rem;align-items:center}
.cv-controls output{font-variant-numeric:tabular-nums;font-weight:600;min-width:5.5rem}
.cv-keys{color:var(--cv-muted);font-size:12px;margin-left:auto}
.cv-legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:.6rem 0 0;padding:0;list-style:none;max-width:none;font-size:12px;color:var(--cv-muted)}
.cv-legend li{margin:0;display:inline-flex;align-items:center;gap:.4rem}
.cv-legend svg{width:auto;height:14px;flex:none}
.cv-ink-join{color:var(--cv-accent)}.cv-ink-away{color:var(--cv-away)}.cv-ink-refusal{color:var(--cv-hot)}.cv-ink-wait{color:var(--cv-muted)}.cv-ink-strike{color:var(--cv-full)}
.cv-stop0{stop-color:color-mix(in srgb,var(--cv-accent) 28%,var(--cv-paper))}.cv-stop1{stop-color:color-mix(in srgb,var(--cv-accent) 84%,var(--cv-paper))}
.cv-swatch-hot{fill:var(--cv-hot)}.cv-swatch-full{fill:var(--cv-full)}
.cv-figure{margin-inline:0}
.cv-figure h3{font-size:15px;margin:0 0 .4rem}
.cv-figure figcaption{color:var(--cv-muted);margin:.3rem 0 0;max-width:75ch}
.cv-starting .cv-fill{fill:var(--cv-line)}.cv-down .cv-fill{fill:url(#cv-hatch) var(--cv-line)}
.cv-fault-line{stroke:var(--cv-full);stroke-width:1.4}
.cv-strong{stroke-width:2.4}.cv-bound{stroke:var(--cv-muted);stroke-dasharray:6 4}
.cv-mark{fill:var(--cv-away)}.cv-mark-line{stroke:var(--cv-away);stroke-dasharray:2 3}
.cluster-view svg .cv-mark-text{fill:var(--cv-ink);font-weight:600;paint-order:stroke;stroke:var(--cv-paper);stroke-width:3px}
.cv-square-calm{fill:var(--cv-line)}.cv-square-away{fill:var(--cv-away)}.cv-square-hot{fill:var(--cv-hot)}.cv-square-full{fill:var(--cv-full)}
.cv-after{fill:color-mix(in srgb,var(--cv-accent) 60%,var(--cv-paper))}.cv-before{fill:none;stroke:var(--cv-ink);stroke-width:1.2}
.cv-lane-live{fill:color-mix(in srgb,var(--cv-accent) 22%,var(--cv-paper))}.cv-lane-moved{fill:var(--cv-away)}.cv-lane-split{fill:var(--cv-hot)}
.cv-table{margin-top:.5rem;font-size:13px;color:var(--cv-muted)}.cv-table summary{cursor:pointer}
.cv-wide{overflow-x:auto}.cv-table table{border-collapse:collapse;margin:.4rem 0;color:var(--cv-ink);font-variant-numeric:tabular-nums}
.cv-table th,.cv-table td{padding:.15rem .8rem .15rem 0;text-align:left}.cv-table .number{text-align:right}
.cv-unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:700px){.cv-figure .cv-wide>svg{width:700px}}
@media print{.cv-controls,.cv-stage canvas{display:none}.cluster-view{break-inside:avoid}}
`.trim();

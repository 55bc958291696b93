// The look of a page: a sheet of paper by day and by night, and on paper.
//
// Colours are variables, charts use the same ones, so that a change of theme is a change of variables and draws nothing
// again. Series have the colours of Okabe and Ito's palette ("Color Universal Design", 2008), which people with any of the
// common colour blindnesses tell apart; on dark paper the same hues, lighter. Dashes tell them apart on a grey printer.

const LIGHT = `
  --paper: #ffffff; --wash: #f5f7f9; --ink: #17202a; --ink-2: #55606c; --ink-3: #7b8691; --rule: #dfe4e9; --grid: #e9edf1;
  --blue: #0072b2; --orange: #d55e00; --green: #008a66; --purple: #b0588f; --sky: #3a9bd1; --yellow: #b98900;
  --good: #00694d; --good-wash: #e3f3ec; --bad: #b3370a; --bad-wash: #fbe9e1; --unsure: #7a5c00; --unsure-wash: #faf1d8;
  --window: #0072b2; --fault: #d55e00; color-scheme: light;`;

const DARK = `
  --paper: #12171d; --wash: #1a2129; --ink: #e8edf2; --ink-2: #a8b3be; --ink-3: #84909c; --rule: #2b343e; --grid: #232b34;
  --blue: #56a8e8; --orange: #f08a4b; --green: #3cc79b; --purple: #dc8fc0; --sky: #8fd0f5; --yellow: #e3bd4f;
  --good: #6fd8b2; --good-wash: #143228; --bad: #ff9a6b; --bad-wash: #3a2016; --unsure: #ecc862; --unsure-wash: #352b10;
  --window: #56a8e8; --fault: #f08a4b; color-scheme: dark;`;

const TEXT = `
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; background: var(--paper);
  color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 28px 32px 64px; max-width: 1010px; font-variant-numeric: tabular-nums; }
header .bar { display: flex; align-items: baseline; gap: 12px; color: var(--ink-2); font-size: 13px; }
header .bar .mark { font-weight: 650; letter-spacing: .02em; color: var(--ink); }
header .bar .name { flex: 1; overflow-wrap: anywhere; }
h1 { margin: 18px 0 14px; font-size: 27px; line-height: 1.22; font-weight: 650; letter-spacing: -.012em; 
  text-wrap: balance; overflow-wrap: anywhere; }
.answer { display: flex; gap: 14px; align-items: flex-start; margin: 0 0 26px; padding: 14px 18px; border-radius: 8px;
  border-left: 4px solid; font-size: 16.5px; line-height: 1.45; }
.answer p { margin: 0; overflow-wrap: anywhere; }
.answer.good { background: var(--good-wash); border-color: var(--good); }
.answer.bad { background: var(--bad-wash); border-color: var(--bad); }
.answer.unsure, .answer.faint { background: var(--unsure-wash); border-color: var(--unsure); }
h2 { margin: 34px 0 10px; font-size: 17px; line-height: 1.3; font-weight: 650; letter-spacing: -.005em; }
h3 { margin: 20px 0 6px; font-size: 14px; font-weight: 650; color: var(--ink); }
p { margin: 0 0 10px; max-width: 96ch; overflow-wrap: anywhere; }
ul { margin: 0 0 12px; padding: 0 0 0 18px; max-width: 82ch; }
li { margin: 0 0 5px; overflow-wrap: anywhere; }
.faint { color: var(--ink-2); } .good { color: var(--good); } .bad { color: var(--bad); } .unsure { color: var(--unsure); }
.answer.good, .answer.bad, .answer.unsure, .answer.faint { color: var(--ink); }
a { color: var(--blue); }
button { font: inherit; font-size: 12.5px; color: var(--ink-2); background: none; border: 1px solid var(--rule);
  border-radius: 6px; padding: 3px 10px; cursor: pointer; }
button:hover { color: var(--ink); border-color: var(--ink-3); }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--rule); font-size: 12.5px; color: var(--ink-2);
  overflow-wrap: anywhere; }
`;

const TABLES = `
.scroll { overflow-x: auto; margin: 0 0 14px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; line-height: 1.4; }
th { text-align: left; font-weight: 600; font-size: 12px; color: var(--ink-2); border-bottom: 1px solid var(--ink-3);
  padding: 4px 18px 5px 0; white-space: nowrap; vertical-align: bottom; }
td { padding: 6px 18px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
th.right, td.right { text-align: right; }
td.right, td .detail { text-wrap: pretty; } td.right { white-space: nowrap; }
td .detail { display: block; font-size: 12px; color: var(--ink-2); }
td svg.used { display: block; margin: 5px 0 2px auto; }
.used .track { fill: var(--grid); } .used .fill { fill: var(--green); } .used .fill.over { fill: var(--orange); }
.used .limit { stroke: var(--ink); stroke-width: 1.5; }
.pill { display: inline-block; font-size: 11.5px; font-weight: 650; letter-spacing: .045em; padding: 2px 9px; border-radius: 20px;
  white-space: nowrap; }
.pill.good { background: var(--good-wash); } .pill.bad { background: var(--bad-wash); }
.pill.unsure, .pill.faint { background: var(--unsure-wash); }
.answer .pill { margin-top: 2px; background: var(--paper); }
pre { margin: 0 0 14px; padding: 12px 14px; background: var(--wash); border: 1px solid var(--rule); border-radius: 8px;
  font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .add { color: var(--good); } pre .remove { color: var(--bad); } pre .where { color: var(--ink-2); }
details { margin: 0 0 14px; }
summary { cursor: pointer; font-size: 13px; color: var(--ink-2); }
summary:hover { color: var(--ink); }
details[open] > summary { margin-bottom: 8px; }
figure { margin: 4px 0 8px; }
.chart { min-height: 24px; }
.chart svg { display: block; max-width: 100%; height: auto; }
`;

/** Two sheets for the first page: `page` blocks divide it. Sizes are of a sheet of A4, 184 mm between its margins. */
const PRINT = `
@media print {
  @page { size: A4; margin: 12mm 13mm; }
  html { font-size: 11px; line-height: 1.4; } body { max-width: none; padding: 0; }
  button, .screen { display: none !important; }
  header .bar { font-size: 10px; }
  h1 { font-size: 18px; margin: 6px 0 8px; } h2 { font-size: 13px; margin: 14px 0 4px; break-after: avoid; }
  h3 { font-size: 11.5px; margin: 10px 0 3px; break-after: avoid; }
  .answer { font-size: 12px; padding: 7px 12px; margin-bottom: 8px; }
  p { margin-bottom: 5px; } li { margin-bottom: 2px; }
  table { font-size: 10px; line-height: 1.3; } th { font-size: 9.5px; padding: 2px 12px 3px 0; }
  td { padding: 3px 12px 3px 0; } td .detail { font-size: 9px; }
  td svg.used { width: 78px; height: 10px; margin: 2px 0 0 auto; } .pill { font-size: 9px; padding: 1px 7px; }
  pre { font-size: 9.5px; padding: 6px 9px; margin-bottom: 8px; }
  .scroll { overflow: visible; margin-bottom: 6px; }
  .chart svg { max-height: 128mm; margin: 0 auto; }
  tr, figure, .answer { break-inside: avoid; } .page { break-after: page; }
  details:not([open]) { display: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
@media (max-width: 640px) { body { padding: 18px 16px 40px; } h1 { font-size: 22px; } }
`;

export const STYLE = `:root {${LIGHT}
}
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {${DARK}
} }
@media screen { :root[data-theme="dark"] {${DARK}
} }
${TEXT}${TABLES}${PRINT}`;

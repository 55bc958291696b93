// The script of a page: it draws the charts and changes the theme. Plain JavaScript of the browser, as text.
//
// Expressions of vega are interpreted (`ast: true`), never compiled: the page's policy forbids `eval`. Colours in the
// specifications are CSS variables, so the theme needs no drawing.

export const DRAWING = `"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
  dark.addEventListener("change", name);
  name();
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const draw = async (place, spec) => {
    const view = new vega.View(vega.parse(spec, undefined, { ast: true }), {
      expr: vegaInterpreter, renderer: "svg", container: place, hover: false, logLevel: vega.Warn,
    });
    await view.runAsync();
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    place.dataset.drawn = "yes";
  };
  for (const place of document.querySelectorAll(".chart")) draw(place, specs[Number(place.dataset.chart)]);
})();
`;

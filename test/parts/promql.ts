// What a test must know of PromQL to hold exported queries against the server: which series they name, by which labels.
//
// No parser: promtool is one, where there is one. This finds unbalanced brackets and quotes, every selector with its
// matchers, and every other word, which must then be a function, a keyword or a label.

export interface Selector {
  readonly name: string;
  readonly matchers: readonly {
    readonly label: string;
    readonly op: string;
    readonly value: string;
  }[];
}

const WORDS = new Set([
  ...[
    "sum",
    "avg",
    "max",
    "min",
    "by",
    "on",
    "and",
    "or",
    "rate",
    "increase",
    "histogram_quantile",
  ],
]);
const PAIRS: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };

/** Throws at what cannot be PromQL. Recorded names count as selectors. */
export function selectorsIn(expression: string): readonly Selector[] {
  // Of Grafana's variables the series, not the label that is asked for.
  const asked = /^label_values\((.*), \w+\)$/.exec(expression)?.[1] ?? expression;
  const plain = asked.replaceAll("<<.GroupBy>>", "pod");
  balance(plain);
  const selectors: Selector[] = [];
  let rest = plain.replaceAll(
    /([a-zA-Z_:][\w:]*)\{([^{}]*)\}/g,
    (_whole, name: string, inside: string) => {
      selectors.push({ name, matchers: matchersOf(inside) });
      return " ";
    },
  );
  rest = rest.replaceAll(/\b(?:by|on) \([^()]*\)/g, " ").replaceAll(/\[[^\][]*\]/g, " ");
  for (const [name] of rest.matchAll(/[a-zA-Z_][\w:]*/g)) {
    if (name.includes(":")) selectors.push({ name, matchers: [] });
    else if (!WORDS.has(name)) throw new Error(`${name} is no function in ${expression}`);
  }
  return selectors;
}

function balance(expression: string): void {
  const open: string[] = [];
  const bare = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  if (bare.includes('"')) throw new Error(`a quote is open in ${expression}`);
  for (const sign of bare) {
    if ("({[".includes(sign)) open.push(sign);
    else if (sign in PAIRS && open.pop() !== PAIRS[sign]) {
      throw new Error(`${sign} closes nothing in ${expression}`);
    }
  }
  if (open.length > 0) throw new Error(`${open.join("")} is open in ${expression}`);
}

function matchersOf(inside: string): Selector["matchers"] {
  const without = inside.replace("<<.LabelMatchers>>", 'namespace="asked"');
  const parts = [...without.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"(?:,|$)/g)];
  if (parts.map(([part]) => part).join("") !== without) {
    throw new Error(`{${inside}} has something that is no matcher`);
  }
  return parts.map(([, label, op, value]) => ({ label: label!, op: op!, value: value! }));
}

/** Every query in an exported file, read as plain values; `<<.Series>>` is what its rule found. */
export function queriesIn(value: unknown, found = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((part) => queriesIn(part, found));
  if (typeof value !== "object" || value === null) return [];
  const parts = value as Readonly<Record<string, unknown>>;
  const series = typeof parts["seriesQuery"] === "string" ? parts["seriesQuery"] : found;
  return Object.entries(parts).flatMap(([key, part]) => {
    const isQuery = ["expr", "metricsQuery", "seriesQuery", "query"].includes(key);
    if (!isQuery || typeof part !== "string") return queriesIn(part, series);
    return part === "prometheus" ? [] : [part.replaceAll("<<.Series>>", series.split("{")[0]!)];
  });
}

// A document of a report: what it says, before it is HTML or Markdown.
//
// Reports that are mailed exist in several forms which must say the same. So they are written once, as blocks, and each
// form is a rendering. Texts are plain: whoever renders them escapes them.

/** Good, bad, unsure: colour, and never colour alone. */
export type Tone = "good" | "bad" | "unsure" | "faint";

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
  /** A second, smaller line. */
  readonly detail?: string;
  /** Share of the limit that is used: 1 is the limit; drawn up to 2. */
  readonly used?: number;
}

export interface TableColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly (string | Cell)[])[];
}

/** A specification of vega-lite: plain JSON. */
export type ChartSpec = Readonly<Record<string, unknown>>;

export type Block =
  | { readonly kind: "heading"; readonly text: string }
  /** A heading under a heading. */
  | { readonly kind: "subheading"; readonly text: string }
  | { readonly kind: "text"; readonly text: string; readonly tone?: Tone }
  | { readonly kind: "list"; readonly items: readonly string[] }
  /** `folded`: closed until it is asked for, under this title. */
  | { readonly kind: "table"; readonly table: Table; readonly folded?: string }
  | { readonly kind: "code"; readonly text: string; readonly folded?: string }
  | { readonly kind: "diff"; readonly text: string }
  | {
      readonly kind: "chart";
      readonly spec: ChartSpec;
      /** What a reader who cannot see it is told. */
      readonly description: string;
      /** The same as numbers. */
      readonly table: Table;
    }
  /** Where a printed page ends. */
  | { readonly kind: "page" };

export interface ReportDocument {
  /** Of the window: "node-death: SLO report". */
  readonly title: string;
  /** Above the answer: "SLO report". */
  readonly kicker: string;
  readonly question: string;
  readonly answer: string;
  readonly tone: Tone;
  /** PASS, FAIL, UNSURE, or a word of the report's own. */
  readonly verdict: string;
  readonly blocks: readonly Block[];
  /** At the foot: what it was made of. */
  readonly footer: string;
}

export function heading(text: string): Block {
  return { kind: "heading", text };
}

export function subheading(text: string): Block {
  return { kind: "subheading", text };
}

export function text(words: string, tone?: Tone): Block {
  return tone === undefined ? { kind: "text", text: words } : { kind: "text", text: words, tone };
}

/** Columns by title; one that ends in ">" is aligned right. */
export function columns(...titles: readonly string[]): readonly TableColumn[] {
  return titles.map((title) =>
    title.endsWith(">") ? { title: title.slice(0, -1), align: "right" } : { title, align: "left" },
  );
}

// The whole study: the question itself, then the same with a node or a zone lost, each starting from the answer before.

import { loadNamed } from "../load.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import type { PlanAsk } from "../../sim/planner/capacity-plan.ts";
import { scaledDown } from "../../sim/planner/scale-model.ts";
import type { SearchOptions } from "../../sim/planner/capacity-search.ts";
import type { Campaign } from "../campaign.ts";
import type { Outside } from "../outside.ts";
import { leastWith, lostOf, withLoss, type Loss } from "./losses.ts";
import { withAdmission } from "./own-checks.ts";
import { boundOf, GOAL, ownValue, settingsFor, type Bound, type Variable } from "./question.ts";
import { Sizing, type Sized } from "./sizing.ts";

export interface StudyOptions {
  readonly variable: Variable;
  readonly names: readonly string[];
  readonly loaded: readonly LoadedScenario[];
  readonly settings: readonly string[];
  /** How many seeds each scenario gets, at most; undefined: its own number, at most `SEEDS_MAX`. */
  readonly seeds: number | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly precision: SearchOptions["precision"];
  readonly losses: readonly Loss[];
}

export interface Part {
  /** Undefined: nothing is lost. */
  readonly loss: Loss | undefined;
  /** Undefined where arithmetic was enough. */
  readonly sizing: Sizing | undefined;
  readonly bounds: readonly (Bound | undefined)[];
  readonly value: number | undefined;
  readonly note: string;
}

/** Without --seeds. Assumed: more say little more, and a search has minutes. */
const SEEDS_MAX = 10;
/** Clients of a model that a large scenario is sketched by, and how much smaller it must be to be worth it. Assumed: a second or two of one core. */
const MODEL = { clients: 10_000, scaleLeast: 3, seeds: 2 } as const;
/** How far a search may go from the greatest value that a scenario has or needs. Assumed: beyond that the question is another. */
const REACH = { replicas: 4, clients: 20, "joins-per-sec": 100 } as const;

export class Study {
  readonly options: StudyOptions;
  readonly room: { readonly from: number; readonly to: number };
  /** In the order in which they were begun; the last may be unfinished. */
  readonly parts: Part[] = [];
  /** What is searched at this moment. */
  current:
    | { readonly loss: Loss | undefined; readonly sizing: Sizing; readonly scale: number }
    | undefined;
  /** Whether a model was asked where to begin. */
  hasModels = false;
  readonly #outside: Outside;
  readonly #campaign: Campaign;
  readonly #labels = new WeakMap<Scenario, number>();

  constructor(outside: Outside, campaign: Campaign, options: StudyOptions) {
    this.#outside = outside;
    this.#campaign = campaign;
    this.options = { ...options, loaded: options.loaded.map(withAdmission) };
    this.room = roomOf(this.options);
  }

  /** Throws what the campaign throws; `parts` then tells how far it came. */
  async solve(onAsk: (asks: readonly PlanAsk[]) => void): Promise<void> {
    const bounds = this.options.loaded.map((loaded) => boundOf(this.options.variable, loaded));
    const value = await this.#search(undefined, bounds, undefined, onAsk);
    if (value === undefined) return;
    for (const loss of this.options.losses) await this.#withLoss(loss, value, onAsk);
  }

  /** The value that a trial's scenario was made for. */
  valueOf(scenario: Scenario): number | undefined {
    return this.#labels.get(scenario);
  }

  async #withLoss(
    loss: Loss,
    base: number,
    onAsk: (asks: readonly PlanAsk[]) => void,
  ): Promise<void> {
    const { variable, loaded } = this.options;
    const zones = Math.min(...loaded.map(({ scenario }) => scenario.cluster.nodes.zones));
    if (loss.what === "zone" && zones < 2) {
      const note = "there is one zone: with it everything is lost";
      this.parts.push({ loss, sizing: undefined, bounds: [], value: undefined, note });
      return;
    }
    const needed = leastWith(loss.what, base, zones)!;
    if (variable === "replicas" && loss.when === "beginning") {
      const note = `the same runs: of ${needed} nodes ${needed - lostOf(loss.what, needed, zones)} are there`;
      this.parts.push({ loss, sizing: undefined, bounds: [], value: needed, note });
      return;
    }
    const bound = this.#boundWith(loss, base, zones);
    await this.#search(
      loss,
      loaded.map(() => bound),
      needed,
      onAsk,
    );
  }

  /** What failed with everything in place fails without a part of it; and who is left must seat nearly everybody. */
  #boundWith(loss: Loss, base: number, zones: number): Bound | undefined {
    if (this.options.variable !== "replicas") {
      const fails = this.parts[0]!.sizing!.plan.searches.flatMap(
        ({ bracket }) => bracket.fails?.value ?? [],
      );
      const why = "it fails with everything in place";
      return fails.length === 0 ? undefined : { value: Math.min(...fails), why };
    }
    const plain = { value: base - 1, why: "it does not hold with everything in place" };
    const seats = Math.max(
      0,
      ...this.options.loaded.map((loaded) => boundOf("replicas", loaded)?.value ?? 0),
    );
    // One in a hundred may stay away, of those who were in.
    const left = Math.ceil((seats + 1) * 0.98);
    const bySeats = (leastWith(loss.what, left, zones) ?? 0) - 1;
    if (loss.what === "node" || bySeats <= plain.value) return base > 1 ? plain : undefined;
    return { value: bySeats, why: `fewer than ${left} nodes would be left to seat the clients` };
  }

  async #search(
    loss: Loss | undefined,
    bounds: readonly (Bound | undefined)[],
    start: number | undefined,
    onAsk: (asks: readonly PlanAsk[]) => void,
  ): Promise<number | undefined> {
    const { loaded } = this.options;
    const sized: Sized[] = [];
    for (const [i, one] of loaded.entries()) {
      const plain = this.#sized(one, i, loss, bounds[i], start);
      sized.push(await this.#sketched(plain, one, loss, onAsk));
    }
    const sizing = new Sizing(this.#campaign, sized);
    const place = this.parts.length;
    this.parts.push({ loss, sizing, bounds, value: undefined, note: "" });
    this.current = { loss, sizing, scale: 1 };
    await sizing.solve(onAsk);
    const value = sizing.plan.answer;
    const { from, to } = this.room;
    const note = value === undefined ? `none of ${from} to ${to} holds` : "searched";
    this.parts[place] = { loss, sizing, bounds, value, note };
    return value;
  }

  /**
   * A large scenario is searched in a small model first. What the model says is no evidence, only where to begin: the runs that
   * decide are of the scenario itself.
   */
  async #sketched(
    sized: Sized,
    { scenario }: LoadedScenario,
    loss: Loss | undefined,
    onAsk: (asks: readonly PlanAsk[]) => void,
  ): Promise<Sized> {
    const scale = Math.floor(scenario.clients.total / MODEL.clients);
    if (scale < MODEL.scaleLeast || !sized.leads) return sized;
    const seeds = sized.seeds.slice(0, MODEL.seeds);
    const model: Sized = {
      ...sized,
      seeds,
      search: { ...sized.search, seeds: seeds.length },
      at: (value) => {
        const whole = sized.at(value);
        const small = { ...whole, scenario: scaledDown(whole.scenario, scale) };
        this.#labels.set(small.scenario, value);
        return small;
      },
    };
    const sizing = new Sizing(this.#campaign, [model]);
    this.current = { loss, sizing, scale };
    this.hasModels = true;
    await sizing.solve(onAsk);
    const start = sizing.plan.answer;
    return start === undefined
      ? sized
      : { ...sized, search: { ...sized.search, start, isNear: true } };
  }

  /** With a loss, those decide that decided without one. */
  #leads(place: number): boolean {
    const base = this.parts[0];
    if (base?.value === undefined) return true;
    return base.sizing!.plan.searches[place]!.answer === base.value;
  }

  #sized(
    loaded: LoadedScenario,
    place: number,
    loss: Loss | undefined,
    bound: Bound | undefined,
    start: number | undefined,
  ): Sized {
    const { variable, precision, settings, names } = this.options;
    const { from, to } = this.room;
    const goal = GOAL[variable];
    const { scenario } = loaded;
    const seeds = seedsOf(scenario, this.options.seeds);
    const own =
      start !== undefined && variable === "replicas" ? start : ownValue(variable, scenario);
    const beyond = bound === undefined ? own : goal === "least" ? bound.value + 1 : bound.value - 1;
    const first = goal === "least" ? Math.max(own, beyond) : Math.min(own, beyond);
    return {
      name: scenario.metadata.name,
      seeds,
      leads: this.#leads(place),
      search: {
        goal,
        from,
        to,
        start: Math.min(to, Math.max(from, first)),
        bound: bound?.value,
        precision,
        seeds: seeds.length,
      },
      at: (value) => {
        const more = settingsFor(variable, value, loaded);
        const made = settled(loadNamed(this.#outside, names[place]!, [...settings, ...more]));
        const whole = loss === undefined ? made : withLoss(made, loss);
        this.#labels.set(whole.scenario, value);
        return whole;
      },
    };
  }
}

/** As it is planned. */
function settled(loaded: LoadedScenario): LoadedScenario {
  return withAdmission(withoutHpa(loaded));
}

/** A plan is of a fixed cluster. What only an HPA suffers from goes with it. */
function withoutHpa(loaded: LoadedScenario): LoadedScenario {
  const { scenario } = loaded;
  if (scenario.autoscaling.hpa === undefined) return loaded;
  const autoscaling: { hpa?: unknown; initialReplicas?: unknown } = { ...scenario.autoscaling };
  delete autoscaling.hpa;
  delete autoscaling.initialReplicas;
  const faults = scenario.faults.filter(
    ({ kind }) => kind !== "controller-restart" && kind !== "metrics-outage",
  );
  return {
    ...loaded,
    scenario: { ...scenario, autoscaling: autoscaling as Scenario["autoscaling"], faults },
  };
}

function roomOf({ variable, loaded, from, to }: StudyOptions): Study["room"] {
  const own = loaded.map(({ scenario }) => ownValue(variable, scenario));
  const least = variable === "replicas" ? 1 : Math.max(1, Math.floor(Math.min(...own) / 100));
  const bounds = loaded.map((one) => boundOf(variable, one)?.value ?? 0);
  const needed = variable === "replicas" ? bounds : [];
  const most = Math.max(16, REACH[variable] * Math.max(...own, ...needed));
  const room = { from: from ?? Math.min(least, to ?? least), to: to ?? Math.max(most, from ?? 1) };
  return room;
}

function seedsOf({ run }: Scenario, count: number | undefined): readonly number[] {
  const { base, count: own } = run.seeds;
  return Array.from({ length: count ?? Math.min(SEEDS_MAX, own) }, (_, i) => base + i);
}

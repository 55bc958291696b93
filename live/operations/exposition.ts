// Metric families that are read when they are scraped.
//
// A family has one name and help, and one reader per role: edge and node of one process share the names and differ in the label `role`. No
// label takes more than a few dozen values, and none is an id.

import { Counter, Gauge, Registry } from "prom-client";

/** Calls `emit` for each series: the value, and the values of the family's labels in order. */
export type Read = (emit: (value: number, ...labels: readonly string[]) => void) => void;

interface Reader {
  readonly role: string;
  readonly read: Read;
}

/** Families of one role. */
export class RoleExposition {
  readonly role: string;
  readonly #exposition: Exposition;

  constructor(role: string, exposition: Exposition) {
    this.role = role;
    this.#exposition = exposition;
  }

  gauge(name: string, help: string, read: Read, ...labels: readonly string[]): void {
    this.#exposition.family("gauge", name, help, labels, { role: this.role, read });
  }

  counter(name: string, help: string, read: Read, ...labels: readonly string[]): void {
    this.#exposition.family("counter", name, help, labels, { role: this.role, read });
  }
}

export class Exposition {
  readonly registry = new Registry();
  readonly #readers = new Map<string, Reader[]>();

  of(role: string): RoleExposition {
    return new RoleExposition(role, this);
  }

  family(
    type: "gauge" | "counter",
    name: string,
    help: string,
    labels: readonly string[],
    reader: Reader,
  ): void {
    const known = this.#readers.get(name);
    if (known !== undefined) {
      known.push(reader);
      return;
    }
    const readers = [reader];
    this.#readers.set(name, readers);
    const labelNames = ["role", ...labels];
    const options = { name, help, labelNames, registers: [this.registry] };
    const collect = (metric: Gauge | Counter): void => {
      metric.reset();
      for (const { role, read } of readers) {
        read((value, ...values) => {
          const named: Record<string, string> = { role };
          labels.forEach((label, i) => (named[label] = values[i] ?? ""));
          metric.inc(named, value);
        });
      }
    };
    if (type === "gauge") {
      const metric: Gauge = new Gauge({ ...options, collect: () => collect(metric) });
    } else {
      const metric: Counter = new Counter({ ...options, collect: () => collect(metric) });
    }
  }
}

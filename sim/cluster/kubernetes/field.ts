// Reading parsed JSON or YAML: what is missing or of the wrong kind is named by row and field, never guessed.

/** The file does not have its layout. */
export class FieldError extends Error {
  override readonly name = "FieldError";
  /** Id of the row, or where it stands: "vectors[3]". Empty where a file has no rows, and for the file as a whole. */
  readonly row: string;
  readonly field: string;

  constructor(row: string, field: string, rule: string, got?: unknown) {
    const came = got === undefined ? "" : `, got ${shown(got)}`;
    super(`${row === "" ? "" : `${row}: `}${field} ${rule}${came}`);
    this.row = row;
    this.field = field;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Above 2^53 integers are decimal texts. */
const INTEGER_TEXT = /^-?\d+$/;

export class Field {
  readonly row: string;
  readonly path: string;
  readonly value: unknown;

  constructor(row: string, path: string, value: unknown) {
    this.row = row;
    this.path = path;
    this.value = value;
  }

  error(rule: string): FieldError {
    return new FieldError(this.row, this.path, rule, this.value);
  }

  /** The field `name`, which must be there and not null. */
  at(name: string): Field {
    const field = this.#child(name);
    if (field.value === undefined || field.value === null) {
      throw new FieldError(this.row, field.path, "must be there");
    }
    return field;
  }

  /** The field `name`; undefined when it is absent or null. */
  maybe(name: string): Field | undefined {
    const field = this.#child(name);
    return field.value === undefined || field.value === null ? undefined : field;
  }

  #child(name: string): Field {
    return new Field(this.row, this.path === "" ? name : `${this.path}.${name}`, this.#map()[name]);
  }

  #map(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.error("must be an object");
    }
    return value as Readonly<Record<string, unknown>>; // An object that is no list.
  }

  /** The object has no other fields. */
  only(names: readonly string[]): this {
    for (const name of Object.keys(this.#map())) {
      if (!names.includes(name)) {
        throw this.#child(name).error(`is not known; known here are ${names.join(", ")}`);
      }
    }
    return this;
  }

  /** The fields of an object, absent ones left out and null ones kept. */
  entries(): readonly (readonly [string, Field])[] {
    return Object.keys(this.#map()).map((name) => [name, this.#child(name)]);
  }

  list(): readonly Field[] {
    const { value } = this;
    if (!Array.isArray(value)) throw this.error("must be a list");
    return value.map((part, i) => new Field(this.row, `${this.path}[${i}]`, part));
  }

  text(): string {
    if (typeof this.value !== "string") throw this.error("must be a text");
    return this.value;
  }

  oneOf<Text extends string>(texts: readonly Text[]): Text {
    const found = texts.find((text) => text === this.value);
    if (found === undefined) throw this.error(`must be one of ${texts.join(", ")}`);
    return found;
  }

  flag(): boolean {
    if (typeof this.value !== "boolean") throw this.error("must be true or false");
    return this.value;
  }

  number(): number {
    if (typeof this.value !== "number" || !Number.isFinite(this.value)) {
      throw this.error("must be a number");
    }
    return this.value;
  }

  whole(): number {
    if (!Number.isSafeInteger(this.value)) throw this.error("must be a whole number");
    return this.value as number; // Just found to be one.
  }

  count(): number {
    const whole = this.whole();
    if (whole < 0) throw this.error("must be 0 or more");
    return whole;
  }

  /** Thousandths. */
  milli(): bigint {
    const { value } = this;
    const isText = typeof value === "string" && INTEGER_TEXT.test(value);
    if (!isText && !Number.isSafeInteger(value)) {
      throw this.error("must be a whole number, above 2^53 as a decimal text");
    }
    const milli = BigInt(value as string | number); // Just found to be one of the two.
    if (BigInt.asIntN(64, milli) !== milli) throw this.error("must fit in 64 bits");
    return milli;
  }

  /** A whole number from `least` to `greatest`. */
  within(least: number, greatest: number): number {
    const whole = this.whole();
    const range = greatest === Infinity ? `${least} or more` : `${least} to ${greatest}`;
    if (whole < least || whole > greatest) throw this.error(`must be ${range}`);
    return whole;
  }

  /** Seconds in the file, ms here. */
  ms(): number {
    return this.number() * 1_000;
  }
}

import { expect, test } from "vitest";
import { BadField, type Keeps, optionalReader, reader } from "./reader.ts";
import { free, list, number, record, type Schema, text, whole } from "./schema.ts";

/** What the reader gives, or the fault as "path: rule". */
function read(schema: Schema, value: unknown, keeps: Keeps = "named"): unknown {
  try {
    return reader(schema, "d", keeps)(value);
  } catch (fault) {
    if (!(fault instanceof BadField)) throw fault;
    return `${fault.field}: ${fault.rule}${fault.isTooLarge ? " (too large)" : ""}`;
  }
}

const person = record("person", {
  id: text("id", { pattern: "^[a-z]{1,3}$" }),
  "age?": whole("age", 0, { nullable: true }),
  "tags?": list("tags", record("tag", { name: text("name", { "x-maxBytes": 4 }) }), {
    maxItems: 2,
  }),
});

test("[CN5] from a client only named members are taken over, into a fresh object where there are others", () => {
  for (const whole of [{ id: "ada" }, { tags: [{ name: "a" }], id: "ada", age: 7 }]) {
    expect(read(person, whole)).toBe(whole);
  }
  const last = { id: "ada", tags: [{ name: "a" }, { name: "b", x: 1 }] };
  expect(read(person, last)).toEqual({ id: "ada", tags: [{ name: "a" }, { name: "b" }] });
  expect(last.tags[1]).toEqual({ name: "b", x: 1 });
  const strange = JSON.parse('{"id":"ada","__proto__":{"age":7}}') as object;
  expect(Object.keys(read(person, strange) as object)).toEqual(["id"]);
  expect((read(person, strange) as { age?: number }).age).toBe(undefined);

  const given = { id: "ada", age: null, tags: [{ name: "a", x: 1 }], x: 1 };
  const taken = read(person, given);
  expect(taken).toEqual({ id: "ada", tags: [{ name: "a" }] });
  expect(taken).not.toBe(given);
  expect(Object.keys(taken as object)).toEqual(["id", "tags"]);
});

test("[CN12] of a server's object nothing is lost", () => {
  const given = { id: "ada", tags: [{ name: "a", x: 1 }], x: { y: 1 } };
  expect(read(person, given, "all")).toBe(given);
  expect(read(person, { ...given, tags: [{}] }, "all")).toBe("d.tags.name: must be text");
});

test.each<[unknown, string]>([
  [7, "d: must be an object"],
  [[], "d: must be an object"],
  [{}, "d.id: must be an identifier"],
  [{ id: "Ada" }, "d.id: must be an identifier"],
  [{ id: "ada", age: 1.5 }, "d.age: must be a whole number in range"],
  [{ id: "ada", age: 2_147_483_648 }, "d.age: must be a whole number in range"],
  [{ id: "ada", tags: null }, "d.tags: must be a list"],
  [{ id: "ada", tags: [{}, {}, {}] }, "d.tags: is too long (too large)"],
  [{ id: "ada", tags: [7] }, "d.tags: must be an object"],
  [{ id: "ada", tags: [{ name: "éé" }] }, ""],
  [{ id: "ada", tags: [{ name: "ééé" }] }, "d.tags.name: is too long (too large)"],
])("[CN4] a fault is named by path and rule: %j", (value, fault) => {
  if (fault === "") expect(read(person, value)).toEqual(value);
  else expect(read(person, value)).toBe(fault);
});

test("[CN4] names are counted in code points, and half a character is none", () => {
  const name = text("name", { maxLength: 3, "x-wellFormed": true, nullable: true, default: "" });
  expect(["😀😀😀", undefined, null].map((value) => read(name, value))).toEqual(["😀😀😀", "", ""]);
  expect(read(name, "😀😀😀😀")).toBe("d: is too long (too large)");
  expect(read(name, "a\ud83d")).toBe("d: must be well-formed text");
});

test("[CN4] numbers have ends, and what is optional may be missing", () => {
  const level = number("level", { minimum: 0, maximum: 1, "x-says": "must be 0 to 1" });
  expect([0, 1, 0.5].map((value) => read(level, value))).toEqual([0, 1, 0.5]);
  for (const wrong of [-0.1, 1.1, "1", null, undefined]) {
    expect(read(level, wrong)).toBe("d: must be 0 to 1");
  }
  expect(optionalReader(level, "d", "named")(undefined)).toBe(undefined);
  expect(() => optionalReader(level, "d", "named")(null)).toThrow(BadField);
  expect(optionalReader({ ...level, nullable: true }, "d", "named")(null)).toBe(undefined);
});

test("[CN7] free data is bounded, harmless, and one member where it must be", () => {
  const state = free("state", "object", {
    "x-maxJsonBytes": 13,
    "x-harmless": true,
    "x-oneMember": "^[a-z]+$",
  });
  expect(read(state, { mute: true })).toEqual({ mute: true });
  expect(read(state, { mutes: true })).toBe("d: is too large (too large)");
  expect(read(state, { a: 1, b: 2 })).toBe("d: must have exactly one member, named by a word");
  expect(read(state, { A: 1 })).toBe("d: must have exactly one member, named by a word");
  expect(read(free("any", "any", { "x-harmless": true }), JSON.parse('[{"__proto__":1}]'))).toBe(
    "d: must not have a member called __proto__",
  );
});

test("[CN5] no schema may name what all objects inherit", () => {
  expect(() => reader(record("r", { "constructor?": text("c") }), "d", "named")).toThrow();
  expect(() => reader(record("r", { toString: text("s") }), "d", "all")).toThrow();
});

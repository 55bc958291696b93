import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, markdownCode, markdownFence, markdownText } from "./escape.ts";

test("[CT3] names of files do nothing in Markdown: no link, no HTML, no cell, no heading, no mention", () => {
  const cases = [
    ["[x](https://a.example)", "\\[x\\](https\\://a\\.example)"],
    ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)\\>"],
    ["a | b", "a \\| b"],
    ["# one\n# two", "\\#&#8203; one \\#&#8203; two"],
    ["@everyone, see #12", "\\@&#8203;everyone, see \\#&#8203;12"],
    ["**bold** `code` _it_ ~no~ &amp;", "\\*\\*bold\\*\\* \\`code\\` \\_it\\_ \\~no\\~ \\&amp;"],
    ["1. item", "1\\. item"],
    ["- item", "\\- item"],
    ["\u202etxt.exe\u0000", "txt\\.exe"],
  ];
  for (const [text, escaped] of cases) expect(markdownText(text!)).toBe(escaped);
});

test("[CT3] prose with numbers stays readable as it is written", () => {
  const prose =
    "Yes, in 5 seeds: 2,570 of 2,570 came back, 99 % within 1.16 s; node-death lost 0. Good.";
  expect(markdownText(prose)).toBe(prose.replace("0. G", "0\\. G"));
});

test("[CT3] no text opens HTML, a link or a code span, or leaves its line", () => {
  const nasty = fc.string({ unit: fc.constantFrom(..."<>[]()!`*_|\\&#@:/. \n\rax-".split("")) });
  fc.assert(
    fc.property(nasty, (text) => {
      const escaped = markdownText(text);
      expect(escaped).not.toMatch(/[\n\r]/);
      // An even number of backslashes before a mark would leave it bare.
      expect(escaped).not.toMatch(/(?<!\\)(?:\\\\)*[<>[\]`*_|]/);
      expect(escaped).not.toMatch(/[@#](?!&#8203;|8203;)/);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("[CT3] code and fences are longer than any run of backticks in them", () => {
  expect(markdownCode("a`b")).toBe("``a`b``");
  expect(markdownCode("`")).toBe("`` ` ``");
  expect(markdownCode("a|b")).toBe("`a¦b`");
  expect(markdownFence(["x", "```", "y"])).toBe("````text\nx\n```\ny\n````");
});

test("[CT2] what is cut says so, and no character is cut in two", () => {
  expect(cut("storm", 5)).toBe("storm");
  expect(cut("storms", 5)).toBe("stor…");
  expect(cut("🌩🌩🌩🌩", 3)).toBe("🌩🌩…");
  expect(cut("🌩🌩🌩", 3)).toBe("🌩🌩🌩");
});

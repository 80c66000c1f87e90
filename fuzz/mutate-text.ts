// Breaks text the ways that files get broken: cut, doubled, spliced, with a word of elsewhere, a number out of range,
// a NUL, a nesting without end.
import type { Random } from "./random.ts";

/** Words that parsers stumble over. */
const words: readonly string[] = [
  "",
  "0",
  "-1",
  "1",
  "256",
  "65535",
  "65536",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "99999999999999999999999",
  "1e308",
  "-0",
  "0x10",
  "010",
  "NaN",
  "null",
  "true",
  "[]",
  "{}",
  '""',
  "~",
  "!",
  "! !",
  "*",
  "@",
  "%",
  "&a",
  "*a",
  "0.0.0.0/0",
  "10.0.0.0/33",
  "10.0.0.1/-1",
  "256.1.1.1",
  "::/0",
  "::/129",
  "::ffff:1.2.3.4",
  ":::",
  "fe80::1%eth0",
  "1.2.3.4-1.2.3.3",
  "65535:0",
  "1:2:3",
  ",",
  "22,,80",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\0",
  "\uFEFF",
  "\u2028",
  "\uD800",
  "\u001B[31m",
  "é",
  "😀",
  "\r\n",
  "\t",
  " ",
  "\n",
  '"',
  "'",
  "\\",
  "\\u0000",
  "#",
  "---",
  "- ",
  ": ",
  "-A",
  "-j",
  "-m",
  "COMMIT",
  "*filter",
  ":INPUT",
  "RETURN",
  "accept",
  "jump",
  "any",
  "from",
  "to",
  "internet",
];

type Mutation = (text: string, random: Random, other: string) => string;

const span = (text: string, random: Random, most = 80): [number, number] => {
  const from = random.below(text.length + 1);
  return [from, Math.min(text.length, from + random.below(most))];
};

const insert: Mutation = (text, random) => {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(words) + text.slice(at);
};
const remove: Mutation = (text, random) => {
  const [from, to] = span(text, random);
  return text.slice(0, from) + text.slice(to);
};
const double: Mutation = (text, random) => {
  const [from, to] = span(text, random, 400);
  return text.slice(0, to) + text.slice(from);
};
const cut: Mutation = (text, random) => text.slice(0, random.below(text.length + 1));
const flip: Mutation = (text, random) => {
  const at = random.below(text.length + 1);
  const code = text.charCodeAt(at) || 0;
  return text.slice(0, at) + String.fromCharCode(code ^ (1 << random.below(8))) + text.slice(at + 1);
};
const splice: Mutation = (text, random, other) => {
  const [from, to] = span(other, random, 300);
  const at = random.below(text.length + 1);
  return text.slice(0, at) + other.slice(from, to) + text.slice(at + random.below(20));
};

const tokens = /[\w.:/-]+|\s+|[^\w\s]/g;
/** Two words change places, or one becomes another one, of the text or of the list. */
const swap: Mutation = (text, random) => {
  const parts = text.match(tokens) ?? [];
  if (parts.length < 2) return text;
  const [a, b] = [random.below(parts.length), random.below(parts.length)];
  const old = parts[a] ?? "";
  parts[a] = random.chance(2) ? random.pick(words) : (parts[b] ?? "");
  if (random.chance(2)) parts[b] = old;
  return parts.join("");
};

/** Lines are lost, doubled and change places. */
const lines: Mutation = (text, random) => {
  const all = text.split("\n");
  const [a, b] = [random.below(all.length), random.below(all.length)];
  const line = all[a] ?? "";
  if (random.chance(3)) all.splice(a, 1);
  else if (random.chance(2)) all.splice(b, 0, line);
  else {
    all[a] = all[b] ?? "";
    all[b] = line;
  }
  return all.join("\n");
};

const openings: readonly string[] = [
  "[",
  "{",
  '{"a":',
  "[[",
  "(",
  "- ",
  "! ",
  "  ",
  "a: ",
  "{a: ",
  "&a [*a, ",
  '"',
  "-m ",
  ",",
];
/** Nested, or repeated, far beyond sense. */
const nest: Mutation = (text, random) => {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(openings).repeat(10 ** (1 + random.below(3)) * 3) + text.slice(at);
};
const repeat: Mutation = (text, random) => {
  const [from, to] = span(text, random, 40);
  return text.slice(0, from) + text.slice(from, to).repeat(1 + random.below(300)) + text.slice(to);
};

/** Gentle ones stand more often: they get deeper into a reader. */
const mutations: readonly Mutation[] = [
  insert,
  insert,
  remove,
  remove,
  double,
  cut,
  flip,
  flip,
  flip,
  splice,
  splice,
  swap,
  swap,
  swap,
  swap,
  swap,
  lines,
  lines,
  lines,
  nest,
  repeat,
];

/** Longer texts are a test of patience, not of parsers. */
const mostCharacters = 10_000;

export function mutateText(text: string, random: Random, others: readonly string[]): string {
  let mutated = text;
  for (let times = 1 + random.below(4); times > 0; times -= 1)
    mutated = random.pick(mutations)(mutated, random, random.pick(others)).slice(0, mostCharacters);
  return mutated;
}

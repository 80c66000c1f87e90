// Finds the blocks of a Terraform source, each with its line, and the local values with what they refer to. No parser of
// the language: it knows strings, heredocs, comments and braces, which is all that a block's place needs.

export interface SourceBlock {
  /** `resource`, `data`, `module`, `locals` … */
  readonly kind: string;
  /** `["aws_vpc", "main"]` */
  readonly labels: readonly string[];
  /** Of the block's first word; from 1. */
  readonly line: number;
  /** What stands between its braces, with strings as they are and without comments. */
  readonly body: string;
}

/** The outermost blocks of a source. What is broken is passed over: places are all that is asked. */
export function blocksOf(text: string): SourceBlock[] {
  const blocks: SourceBlock[] = [];
  const clean = withoutComments(text);
  const header =
    /(?:^|\n)[ \t]*(?<kind>[A-Za-z_][\w-]*)(?<labels>(?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*)[ \t]*\{/y;
  let at = 0;
  let line = 1;
  while (at < clean.length) {
    header.lastIndex = at;
    const match = header.exec(clean);
    if (match === null) {
      const next = skip(clean, at);
      line += countLines(clean, at, next);
      at = next;
      continue;
    }
    const kind = match.groups?.["kind"] ?? "";
    const labels = [
      ...(match.groups?.["labels"] ?? "").matchAll(/"(?<quoted>[^"\n]*)"|(?<bare>[\w-]+)/g),
    ].map((label) => label.groups?.["quoted"] ?? label.groups?.["bare"] ?? "");
    const open = at + match[0].length - 1;
    const close = closingBrace(clean, open);
    const first = line + (match[0].startsWith("\n") ? 1 : 0);
    blocks.push({ kind, labels, line: first, body: clean.slice(open + 1, close) });
    line += countLines(clean, at, close);
    at = close + 1;
  }
  return blocks;
}

/** The references of each local value: `local.vpc_id` and what its expression names. */
export function localsOf(body: string): Map<string, string[]> {
  const locals = new Map<string, string[]>();
  const name = /(?:^|\n)[ \t]*(?<name>[A-Za-z_][\w-]*)[ \t]*=(?!=)/y;
  let at = 0;
  while (at < body.length) {
    name.lastIndex = at;
    const match = name.exec(body);
    if (match === null) {
      at = skip(body, at);
      continue;
    }
    const from = at + match[0].length;
    let to = from;
    while (to < body.length && body[to] !== "\n") to = skip(body, to);
    locals.set(match.groups?.["name"] ?? "", referencesIn(body.slice(from, to)));
    at = to;
  }
  return locals;
}

/** What looks like a reference; a word that is none leads nowhere, and so says nothing. */
function referencesIn(expression: string): string[] {
  const found = expression.matchAll(
    /(?<![\w.-])[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\*)|\[(?:\d+|"[^"\n]*"|\*)\])+/g,
  );
  return [...found].map((match) => match[0].replace(/(?:\.\*|\[\*\]).*$/s, ""));
}

/** One step on: over a whole string, heredoc or pair of brackets, or over one character. */
function skip(text: string, at: number): number {
  const char = text[at];
  if (char === '"') return stringEnd(text, at);
  if (char === "<") return heredocEnd(text, at) ?? at + 1;
  if (char === "{" || char === "(" || char === "[") return closingBrace(text, at) + 1;
  return at + 1;
}

const closing: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" };

/** Where the bracket that opens here ends; the text's end where it never does. */
function closingBrace(text: string, open: number): number {
  const pending: string[] = [];
  let at = open;
  while (at < text.length) {
    const char = text[at] ?? "";
    const end = closing[char];
    if (end !== undefined) pending.push(end);
    else if (char === pending.at(-1)) pending.pop();
    if (pending.length === 0) return at;
    if (char === '"') at = stringEnd(text, at);
    else if (char === "<") at = heredocEnd(text, at) ?? at + 1;
    else at += 1;
  }
  return text.length;
}

/** After the closing quote; a template's `${…}` may hold quotes of its own, and those templates again. */
function stringEnd(text: string, open: number): number {
  // For each string that is open, how many of its templates are.
  const depths = [0];
  let at = open + 1;
  for (; at < text.length; at += 1) {
    const char = text[at];
    const depth = depths.at(-1) ?? 0;
    const inside = depth === 0;
    if (char === "\\" && inside) at += 1;
    else if ((char === "$" || char === "%") && text[at + 1] === "{" && inside) {
      depths[depths.length - 1] = 1;
      at += 1;
    } else if (!inside && char === "{") depths[depths.length - 1] = depth + 1;
    else if (!inside && char === "}") depths[depths.length - 1] = depth - 1;
    else if (char === '"') {
      if (!inside) depths.push(0);
      else if (depths.length === 1) return at + 1;
      else depths.pop();
    } else if (char === "\n" && depths.length === 1 && inside) return at;
  }
  return text.length;
}

const heredoc = /<<-?(?<end>[A-Za-z_]\w*)[ \t]*\r?\n/y;

/** After a heredoc's closing word, where one begins here. */
function heredocEnd(text: string, at: number): number | undefined {
  heredoc.lastIndex = at;
  const match = heredoc.exec(text);
  if (match === null) return undefined;
  const end = new RegExp(`^[ \\t]*${match.groups?.["end"] ?? ""}[ \\t]*\\r?$`, "m");
  const from = at + match[0].length;
  const closed = end.exec(text.slice(from));
  return closed === null ? text.length : from + closed.index + closed[0].length;
}

/** The text with spaces in place of comments, so that places stay. */
function withoutComments(text: string): string {
  let clean = "";
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    let end = at + 1;
    if (text[at] === "#" || two === "//") {
      const line = text.indexOf("\n", at);
      end = line < 0 ? text.length : line;
      clean += " ".repeat(end - at);
    } else if (two === "/*") {
      const close = text.indexOf("*/", at + 2);
      end = close < 0 ? text.length : close + 2;
      clean += text.slice(at, end).replaceAll(/[^\n]/g, " ");
    } else {
      if (text[at] === '"') end = stringEnd(text, at);
      else if (text[at] === "<") end = heredocEnd(text, at) ?? end;
      clean += text.slice(at, end);
    }
    at = end;
  }
  return clean;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

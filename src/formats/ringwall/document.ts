// A YAML text as plain values with places: for every value and key the line and column it stands at. Refuses what a
// configuration file does not need and a crafted one abuses: anchors, aliases, tags, several documents.
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { Alias, Node, Pair, YAMLError, YAMLMap } from "yaml";
import { Problem, type Origin } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { refuseDeepYaml } from "../yaml-nesting.ts";

export type Path = readonly (string | number)[];

export interface YamlDocument {
  /** Plain values: mappings as objects, keys as text. */
  readonly value: unknown;
  /** Where the value at a path stands; where it is missing, the nearest thing around it. */
  readonly valueAt: (path: Path, id?: string) => Origin;
  /** Where the key of a mapping's entry stands. */
  readonly keyAt: (path: Path, id?: string) => Origin;
  /** The value at a path as it was written, on one line, with the comment at its end. */
  readonly textAt: (path: Path) => string;
  /** Whether a string is written so that the n-th character of it stands n columns on. */
  readonly columnsHold: (path: Path) => boolean;
  /** Line of the first line of a block of text (`|`); undefined where the value is no block. */
  readonly blockLineAt: (path: Path) => number | undefined;
}

/** A drawing by hand is far smaller; parsing YAML costs some hundred bytes of memory a byte. */
const longest = 8 * 1024 * 1024;

/** @throws Problem `syntax` at the first place that is not YAML, or not the part of YAML that this format takes */
export function readYaml(file: SourceFile): YamlDocument {
  const refuse = (message: string, line: number, column?: number, remedy?: string): never => {
    throw new Problem("syntax", message, {
      origin: { file: file.path, line, ...(column === undefined ? {} : { column }) },
      ...(remedy === undefined ? {} : { remedy }),
    });
  };
  const source = file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text;
  if (source.length > longest)
    throw new Problem(
      "limit",
      `the file is over ${longest / 1024 / 1024} MB, more than an estate drawn by hand`,
      {
        origin: { file: file.path, line: 1 },
      },
    );
  const lines = new LineCounter();
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const control = firstControl(source);
  if (control >= 0) {
    const before = source.slice(0, control).split("\n");
    const code = source.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
    refuse(
      `a character that YAML does not allow here: U+${code}`,
      before.length,
      (before.at(-1) ?? "").length + 1,
    );
  }
  refuseDeepYaml(file.path, source);
  const document = parse(source, lines, file);
  const wrong = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (wrong !== undefined) {
    const { line, column } = at(wrong.pos[0]);
    refuse(explain(wrong), line, column, remedies[wrong.code]);
  }
  visit(document, {
    Node: (_key, node) => checkNode(node, at, refuse),
    // A visitor of maps takes the place of the one of nodes.
    Map: (_key, map) => {
      checkNode(map, at, refuse);
      checkKeys(map, at, refuse);
    },
  });
  const value: unknown = toPlain(document.contents);
  const origin = (node: Node | undefined, id?: string): Origin => {
    const place =
      node?.range === undefined || node.range === null ? { line: 1, column: 1 } : at(node.range[0]);
    return { file: file.path, ...place, ...(id === undefined ? {} : { id }) };
  };
  return {
    value,
    valueAt: (path, id) => origin(nearest(document.contents, path), id),
    keyAt: (path, id) => origin(keyNode(document.contents, path) ?? nearest(document.contents, path), id),
    textAt: (path) => {
      const node = nodeAt(document.contents, path);
      if (node?.range === undefined || node.range === null) return "";
      const [start, end] = node.range;
      const written = source.slice(start, end).replaceAll(/\s+/g, " ").trim();
      const note = /^[ \t]+#[ \t]*([^\r\n]*)/.exec(source.slice(end, end + 200))?.[1]?.trim();
      const plain =
        isScalar(node) && typeof node.value === "string"
          ? node.value.replaceAll(/\s+/g, " ").trim()
          : written;
      return note === undefined || note === "" ? plain : `${plain}  # ${note}`;
    },
    columnsHold: (path) => {
      const node = nodeAt(document.contents, path);
      return (
        isScalar(node) && node.type === "PLAIN" && source.startsWith(String(node.value), node.range?.[0] ?? 0)
      );
    },
    blockLineAt: (path) => {
      const node = nodeAt(document.contents, path);
      if (!isScalar(node) || node.type !== "BLOCK_LITERAL") return undefined;
      return at(node.range?.[0] ?? 0).line + 1;
    },
  };
}

/** The parser recurses into nested values: a crafted file that exhausts its stack is an error like any other. */
function parse(source: string, lineCounter: LineCounter, file: SourceFile) {
  try {
    return parseDocument(source, { lineCounter, prettyErrors: false, uniqueKeys: false });
  } catch (cause) {
    throw new Problem("limit", "this YAML is nested too deep to be read", {
      origin: { file: file.path, line: 1 },
      cause,
    });
  }
}

type At = (offset: number) => { readonly line: number; readonly column: number };
type Refuse = (message: string, line: number, column?: number, remedy?: string) => never;

/** Anchors can multiply a file a billionfold, tags mean types: a configuration needs neither. */
function checkNode(node: Node | Alias, at: At, refuse: Refuse): void {
  const { line, column } = at(node.range?.[0] ?? 0);
  if (isAlias(node) || node.anchor !== undefined)
    refuse(
      "anchors and aliases (& and *) are no part of this format",
      line,
      column,
      "write the value out, or quote it",
    );
  if (node.tag !== undefined)
    refuse(`tags (${node.tag}) are no part of this format`, line, column, "leave it out, or quote the value");
  if (isSeq(node) && node.items.some((item) => isPair(item)))
    refuse("a list of values was expected, without keys", line, column);
}

/** The parser would compare every key with every other; a set does it for ten thousand hosts, too. */
function checkKeys(map: YAMLMap, at: At, refuse: Refuse): void {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    const { line, column } = at(isNode(key) ? (key.range?.[0] ?? 0) : 0);
    if (isCollection(key)) refuse("a key is a word; a list or mapping can't be one", line, column);
    const name = keyText(key);
    if (name === "__proto__") refuse("“__proto__” can't be a name", line, column);
    if (seen.has(name))
      refuse(`“${name}” stands here twice`, line, column, "rename one of the two, or remove it");
    seen.add(name);
  }
}

function firstControl(source: string): number {
  // eslint-disable-next-line no-control-regex
  return source.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
}

const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  BLOCK_AS_IMPLICIT_KEY: "put the value in quotes, or on a line of its own",
  BAD_SCALAR_START: "put the value in quotes",
  TAG_RESOLVE_FAILED: "leave it out, or quote the value",
};

const explanations: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line; YAML takes spaces only",
  MULTIPLE_DOCS: "a second document (---) begins here; one was expected",
  TAG_RESOLVE_FAILED: "tags (!) are no part of this format",
  BLOCK_AS_IMPLICIT_KEY: "a second “: ” on one line: a mapping can't begin inside this value",
};

function explain(error: YAMLError): string {
  const own = Object.hasOwn(explanations, error.code) ? explanations[error.code] : undefined;
  return own ?? `this is not YAML: ${error.message.slice(0, 1).toLowerCase()}${error.message.slice(1)}`;
}

function toPlain(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(toPlain);
  if (isMap(node)) {
    const plain: Record<string, unknown> = {};
    for (const pair of node.items) {
      // Not by assignment: a key named __proto__ is text like any other.
      Object.defineProperty(plain, keyText(pair.key), {
        value: toPlain(pair.value),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return plain;
  }
  return null;
}

/** A key as it was written: `0100` and `100` are different texts, and the one that a person sees counts. */
function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  return typeof key.source === "string" && key.type === "PLAIN" ? key.source : String(key.value);
}

/** Entries by key, made once for each mapping: places are asked for by path, again and again. */
const entriesOf = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairAt(node: unknown, step: string | number): Pair | undefined {
  if (!isMap(node)) return undefined;
  let pairs = entriesOf.get(node);
  if (pairs === undefined) {
    pairs = new Map(node.items.map((pair) => [keyText(pair.key), pair]));
    entriesOf.set(node, pairs);
  }
  return pairs.get(String(step));
}

function child(node: unknown, step: string | number): unknown {
  if (isSeq(node)) return typeof step === "number" ? node.items[step] : undefined;
  return pairAt(node, step)?.value;
}

function nodeAt(root: unknown, path: Path): Node | undefined {
  let node: unknown = root;
  for (const step of path) node = child(node, step);
  return isScalar(node) || isCollection(node) ? node : undefined;
}

/** The node at a path; where it ends early or is empty, the key of the last step that is there, or the collection around. */
function nearest(root: unknown, path: Path): Node | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    const node = nodeAt(root, part);
    const written = node !== undefined && !(isScalar(node) && node.source === "");
    if (written && length === path.length) return node;
    const key = keyNode(root, part);
    if (key !== undefined) return key;
    if (written) return node;
  }
  return undefined;
}

function keyNode(root: unknown, path: Path): Node | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const key = pairAt(nodeAt(root, path.slice(0, -1)), last)?.key;
  return isScalar(key) ? key : undefined;
}

// YAML and JSON as plain trees in which every value knows where it was written: Kubernetes' manifests, CloudFormation's
// templates. Knows no kind of object.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
} from "yaml";
import { Problem, type Origin } from "../problem.ts";
import { isObject, readJson, type Json, type JsonDocument } from "./json.ts";
import type { SourceFile } from "./reader.ts";
import { refuseDeepYaml } from "./yaml-nesting.ts";
import { indentQuoted } from "./yaml-quoted.ts";

export interface MapTree {
  readonly kind: "map";
  readonly origin: Origin;
  readonly entries: ReadonlyMap<string, Entry>;
}
export interface ListTree {
  readonly kind: "list";
  readonly origin: Origin;
  readonly items: readonly Tree[];
}
export interface ScalarTree {
  readonly kind: "scalar";
  readonly origin: Origin;
  readonly value: string | number | boolean | null;
}
export type Tree = (MapTree | ListTree | ScalarTree) & {
  /** A tag of the file's own language, where one stands before the value: `!Ref`. */
  readonly tag?: string;
};

/** A field of a map: where its name stands, and its value. */
export interface Entry {
  readonly origin: Origin;
  readonly value: Tree;
}

/** Nested deeper than any manifest or template; a bound so that a crafted file can't exhaust the stack. */
const deepest = 200;
/** Values that aliases may add to a file: far above any chart's anchors, far below an alias bomb. */
const mostFromAliases = 100_000;
/** The YAML parser takes some hundred bytes for each one of the text; JSON takes a tenth of that. */
const longestYaml = 16 * 1024 * 1024;

/** The documents of a file, in order; empty ones left out. @throws Problem `syntax` or `limit` */
export function readTrees(file: SourceFile): Tree[] {
  return looksLikeJson(file) ? [fromJson(readJson(file))] : fromYaml(file);
}

/** By the name where it has one, since JSON is also YAML; otherwise by its first character. */
export function looksLikeJson(file: SourceFile): boolean {
  if (/\.json$/i.test(file.path)) return true;
  return !/\.ya?ml$/i.test(file.path) && /^\uFEFF?\s*[{[]/.test(file.text.slice(0, 1000));
}

function fromJson(document: JsonDocument): Tree {
  const turn = (value: Json, parent: Origin): Tree => {
    const origin = typeof value === "object" && value !== null ? document.originOf(value) : parent;
    if (Array.isArray(value)) {
      return { kind: "list", origin, items: value.map((item) => turn(item, origin)) };
    }
    if (isObject(value)) {
      const entries = new Map<string, Entry>();
      for (const [name, item] of Object.entries(value)) {
        const inner = turn(item, origin);
        entries.set(name, { origin: inner.origin, value: inner });
      }
      return { kind: "map", origin, entries };
    }
    return { kind: "scalar", origin, value };
  };
  return turn(document.value, document.originOf(document.value));
}

function fromYaml(file: SourceFile): Tree[] {
  if (file.text.length > longestYaml) {
    throw new Problem("limit", `a YAML file of over ${longestYaml / 1024 / 1024} MB is not read`, {
      origin: { file: file.path, line: 1 },
      remedy: "export it as JSON, or as several files",
    });
  }
  const text = file.text.startsWith("\uFEFF") ? file.text.slice(1) : file.text;
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const line = text.slice(0, nul).split("\n").length;
    throw new Problem("syntax", "a NUL character stands here: this is not text", {
      origin: { file: file.path, line },
    });
  }
  refuseDeepYaml(file.path, text);
  const { documents, lines } = parseLeniently(text);
  const place = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { file: file.path, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const budget = { left: mostFromAliases };
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new Problem("syntax", yamlMessage(error.code, error.message), { origin: place(error.pos[0]) });
    }
    if (document.contents === null) return [];
    const tree = new YamlTurner(document, place, budget).turn(document.contents);
    return tree.kind === "scalar" && tree.value === null ? [] : [tree];
  });
}

/** How many quoted values over unindented lines are mended in one file; each costs a parse. */
const mostMended = 50;

interface Parsed {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
}

function parseLeniently(text: string): Parsed {
  let mended = text;
  let reached = -1;
  for (let round = 0; ; round += 1) {
    const parsed = parseWhole(mended);
    const broken = parsed.documents
      .flatMap((document) => document.errors)
      .find((error) => error.code === "MISSING_CHAR" && error.message.includes("quote"));
    // No further than last time: it is not the indentation that is wrong.
    if (broken === undefined || round >= mostMended || broken.pos[0] <= reached) return parsed;
    reached = broken.pos[0];
    const next = indentQuoted(mended, reached);
    if (next === undefined) return parsed;
    mended = next;
  }
}

function parseWhole(text: string): Parsed {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  return { documents: Array.isArray(documents) ? documents : [], lines };
}

function yamlMessage(code: string, message: string): string {
  if (code === "DUPLICATE_KEY")
    return "this field stands twice: a field is expected once, since only one of them can hold";
  if (code === "TAB_AS_INDENT") return "YAML is indented with spaces, not with tabs";
  return `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Turns one document's nodes; aliases are followed, and what they add is counted. */
class YamlTurner {
  readonly document: Document.Parsed;
  readonly place: (offset: number) => Origin;
  readonly budget: { left: number };
  depth = 0;
  aliases = 0;

  constructor(document: Document.Parsed, place: (offset: number) => Origin, budget: { left: number }) {
    this.document = document;
    this.place = place;
    this.budget = budget;
  }

  turn(node: Node | null): Tree {
    const origin = this.place(node?.range?.[0] ?? 0);
    if (this.depth > deepest) {
      throw new Problem("limit", `values nested over ${deepest} deep`, { origin });
    }
    if (this.aliases > 0) {
      this.budget.left -= 1;
      if (this.budget.left < 0) {
        throw new Problem("limit", `its aliases stand for over ${mostFromAliases} values`, {
          origin,
          remedy: "write the values out, or split the file",
        });
      }
    }
    this.depth += 1;
    const tree = this.turnKind(node, origin);
    this.depth -= 1;
    const tag = isAlias(node) ? undefined : node?.tag;
    return tag?.startsWith("!") === true && tag.length > 1 ? { ...tree, tag } : tree;
  }

  turnKind(node: Node | null, origin: Origin): Tree {
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      if (target === undefined) {
        throw new Problem("reference", `there is no anchor &${node.source} before this alias`, { origin });
      }
      this.aliases += 1;
      const tree = this.turn(target);
      this.aliases -= 1;
      return tree;
    }
    if (isMap(node)) return this.turnMap(node.items, origin);
    if (isSeq(node)) {
      return { kind: "list", origin, items: node.items.map((item) => this.turn(nodeOf(item))) };
    }
    if (isScalar(node)) return { kind: "scalar", origin, value: scalarOf(node.value) };
    return { kind: "scalar", origin, value: null };
  }

  turnMap(pairs: readonly { readonly key: unknown; readonly value: unknown }[], origin: Origin): MapTree {
    const entries = new Map<string, Entry>();
    const merged: Tree[] = [];
    for (const pair of pairs) {
      const key = nodeOf(pair.key);
      const where = this.place(key?.range?.[0] ?? 0);
      if (key !== null && !isScalar(key)) {
        throw new Problem("syntax", "a field's name is expected to be plain text", { origin: where });
      }
      const name = String(scalarOf(key?.value ?? ""));
      const value = nodeOf(pair.value);
      const tree: Tree = value === null ? { kind: "scalar", origin: where, value: null } : this.turn(value);
      if (name === "<<") merged.push(...(tree.kind === "list" ? tree.items : [tree]));
      else entries.set(name, { origin: where, value: tree });
    }
    for (const tree of merged) {
      if (tree.kind !== "map") {
        throw new Problem("meaning", "a merge (<<) takes a map", { origin: tree.origin });
      }
      for (const [name, entry] of tree.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: "map", origin, entries };
  }
}

function nodeOf(value: unknown): Node | null {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : null;
}

function scalarOf(value: unknown): string | number | boolean | null {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "bigint" ? Number(value) : null;
}

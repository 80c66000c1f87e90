// Reads the fields of a manifest strictly: the right type, within its bounds, and no field that Kubernetes does not
// have. What is wrong is a Problem at the value's own line and column that says what was expected.
import { Problem, type Origin } from "../../problem.ts";
import type { ListTree, MapTree, Tree } from "../tree.ts";

/** A field's value; absent and null are the same, as in Kubernetes. */
export function field(map: MapTree | undefined, name: string): Tree | undefined {
  const value = map?.entries.get(name)?.value;
  return value?.kind === "scalar" && value.value === null ? undefined : value;
}

export function mismatch(tree: Tree, what: string, expected: string): Problem {
  return new Problem("meaning", `${what} is expected to be ${expected}, not ${shown(tree)}`, {
    origin: tree.origin,
  });
}

function shown(tree: Tree): string {
  if (tree.kind === "map") return "a map";
  if (tree.kind === "list") return "a list";
  if (tree.value === null) return "empty";
  const text = String(tree.value);
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}

export function asMap(tree: Tree, what: string): MapTree {
  if (tree.kind !== "map") throw mismatch(tree, what, "a map of fields");
  return tree;
}

export function asList(tree: Tree, what: string): ListTree {
  if (tree.kind !== "list") throw mismatch(tree, what, "a list");
  return tree;
}

export function asText(tree: Tree, what: string): string {
  if (tree.kind !== "scalar" || typeof tree.value !== "string") {
    const quoted = tree.kind === "scalar" && tree.value !== null ? " (put it in quotes)" : "";
    throw mismatch(tree, what, `text${quoted}`);
  }
  return tree.value;
}

/** A whole number within its bounds, both inside. */
export function asWhole(tree: Tree, what: string, first: number, last: number): number {
  const value = tree.kind === "scalar" ? tree.value : undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < first || value > last) {
    throw mismatch(tree, what, `a whole number from ${first} to ${last}`);
  }
  return value;
}

export function asFlag(tree: Tree, what: string): boolean {
  if (tree.kind !== "scalar" || typeof tree.value !== "boolean") throw mismatch(tree, what, "true or false");
  return tree.value;
}

/** One of a few words. */
export function asWord<W extends string>(tree: Tree, what: string, words: readonly W[]): W {
  const text = asText(tree, what);
  const word = words.find((each) => each === text);
  if (word === undefined) throw mismatch(tree, what, words.join(" or "));
  return word;
}

export function mapField(map: MapTree | undefined, name: string): MapTree | undefined {
  const value = field(map, name);
  return value === undefined ? undefined : asMap(value, name);
}

export function listField(map: MapTree | undefined, name: string): readonly Tree[] {
  const value = field(map, name);
  return value === undefined ? [] : asList(value, name).items;
}

export function textField(map: MapTree | undefined, name: string): string | undefined {
  const value = field(map, name);
  return value === undefined ? undefined : asText(value, name);
}

/** A map of text to text: labels, annotations, a service's selector. */
export function textMap(tree: Tree | undefined, what: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (tree === undefined) return texts;
  for (const [name, entry] of asMap(tree, what).entries) {
    // A label without a value is written as null by people, and taken as empty by Kubernetes.
    const empty = entry.value.kind === "scalar" && entry.value.value === null;
    texts.set(name, empty ? "" : asText(entry.value, `${what} ${name}`));
  }
  return texts;
}

/** Refuses fields that Kubernetes does not have there, as the API server's strict validation does. */
export function onlyFields(map: MapTree, what: string, names: readonly string[]): void {
  for (const [name, entry] of map.entries) {
    if (names.includes(name)) continue;
    const near = names.find((each) => each.toLowerCase() === name.toLowerCase());
    throw new Problem("meaning", `${what} has no field “${name}”; it has ${names.join(", ")}`, {
      origin: entry.origin,
      ...(near === undefined ? {} : { remedy: `write ${near}` }),
    });
  }
}

export function required(map: MapTree, name: string, what: string): Tree {
  const value = field(map, name);
  if (value === undefined) {
    throw new Problem("meaning", `${what} is expected to have a field “${name}”`, { origin: map.origin });
  }
  return value;
}

/** The origin with the vendor's own name for the thing. */
export function named(origin: Origin, id: string): Origin {
  return { ...origin, id };
}

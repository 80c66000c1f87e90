// Maps: a key that is looked up decides a verdict (vmap), an address, a port or a mark. Lowered to one lookup action
// with an entry for each element; a key that the map does not hold ends the rule, as the kernel has it (NFT_BREAK).
import { always, never, type Match } from "../../rules/match.ts";
import type { Action, LookupEntry } from "../../rules/rule.ts";
import type { Json } from "../json.ts";
import { allReadable, unknowable, type Key, type NamedSet, type Scope } from "./keys.ts";
import { expressionText } from "./print-expression.ts";
import { readKeys } from "./read-key.ts";
import {
  anonymous,
  elementsOf,
  inSet,
  keyOf,
  strays,
  restTest,
  splitParts,
  tupleElement,
  tupleFields,
} from "./sets.ts";
import { isWildcard, tagged, type Fields } from "./shape.ts";

export interface Lookup {
  /** When the key can be read. */
  readonly readable: Match;
  readonly action: Extract<Action, { kind: "lookup" }>;
  /** When the map holds the key with a target that goes on in the rule: what follows the lookup happens only then. */
  readonly goesOn: (targets: (target: Json) => boolean) => Match;
}

type ActionsOf = (target: Json) => readonly Action[];

/** The body of `map` and `vmap`: `{ key, data }`. */
export function readLookup(scope: Scope, fields: Fields, actionsOf: ActionsOf): Lookup {
  const { key: left, data } = fields;
  if (left === undefined || data === undefined)
    return scope.fail("syntax", "a map has no “key” or no “data”");
  const keys = readKeys(scope, left);
  const map = elementsOf(scope, data);
  if (map === undefined) return scope.fail("syntax", `“${expressionText(data)}” is no map`);
  const entries = orderedEntries(map);
  const name = map.name === anonymous ? expressionText(left) : `@${map.name}`;
  const opaque = keys.find((key) => key.kind === "opaque");
  return {
    readable: allReadable(keys),
    action: {
      kind: "lookup",
      name,
      fields: opaque === undefined ? tupleFields(keys) : [],
      entries:
        opaque?.kind === "opaque"
          ? guesses(scope, opaque, expressionText({ map: { key: left, data } }), entries, actionsOf)
          : knownEntries(scope, keys, map, entries, actionsOf),
    },
    goesOn: (targets) => {
      const held = entries.filter(([, target]) => targets(target)).map(([key]) => key);
      if (held.length === entries.length && held.some(isWildcard)) return always;
      if (held.length === 0) return never;
      return inSet(scope, keys, { name, elements: held, lowered: new Map() }, false);
    },
  };
}

/** An element as it stands in the file, its key and its target. */
type Entry = readonly [key: Json, target: Json, element: Json];

/** The wildcard, which holds what no other element does, stands last. */
function orderedEntries(map: NamedSet): readonly Entry[] {
  const all = map.elements.map((element): Entry =>
    Array.isArray(element) ? [element[0] ?? null, element[1] ?? null, element] : [element, null, element],
  );
  return [...all.filter(([key]) => !isWildcard(key)), ...all.filter(([key]) => isWildcard(key))];
}

function knownEntries(
  scope: Scope,
  keys: readonly Key[],
  map: NamedSet,
  entries: readonly Entry[],
  actionsOf: ActionsOf,
): readonly LookupEntry[] {
  const targets = new Map<string, readonly Action[]>();
  const actionsFor = (target: Json): readonly Action[] => {
    const text = JSON.stringify(target);
    const before = targets.get(text);
    if (before !== undefined) return before;
    const actions = actionsOf(target);
    targets.set(text, actions);
    return actions;
  };
  const id = map.name === anonymous ? (scope.origin.id ?? scope.table) : `${scope.table} ${map.name}`;
  const lowered = entries.map(([element, target, whole]): LookupEntry => {
    const actions = actionsFor(target);
    const origin = scope.originOf(whole, id);
    if (isWildcard(element)) return { key: [], actions, origin };
    const parts = splitParts(scope, keys, keyOf(element));
    const match = restTest(scope, keys, parts);
    return {
      key: tupleElement(scope, keys, parts),
      ...(match.kind === "always" ? {} : { match }),
      actions,
      origin,
    };
  });
  const values = entries.filter(([key]) => !isWildcard(key)).map(([key]) => keyOf(key));
  // First, since they would meet the wildcard otherwise.
  const stray = strays(scope, keys, values).map((match): LookupEntry => ({
    key: [],
    match,
    actions: [{ kind: "unknown", what: "a lookup of bytes that are no such header" }],
  }));
  return [...stray, ...lowered];
}

/** A key that can't be known: any entry, and where together they hold every outcome, then the last if no other. */
function guesses(
  scope: Scope,
  key: Extract<Key, { kind: "opaque" }>,
  text: string,
  entries: readonly Entry[],
  actionsOf: ActionsOf,
): readonly LookupEntry[] {
  const match = unknowable(scope, text, key);
  const numbers = new Set(entries.map(([element]) => keyOf(element)));
  const [first, last] = key.outcomes ?? [0, -1];
  const size = last - first + 1;
  const wildcard = entries.some(([element]) => isWildcard(element));
  const every =
    wildcard ||
    (size > 0 &&
      size <= entries.length &&
      Array.from({ length: size }, (_, at) => first + at).every((n) => numbers.has(n)));
  return entries.map(([, target], at): LookupEntry => {
    const certain = every && at === entries.length - 1;
    return { key: [], ...(certain ? {} : { match }), actions: actionsOf(target) };
  });
}

/** The body of a value that is a map: `{ "map": { "key": …, "data": … } }`. */
export function mapFields(value: Json | undefined): Fields | undefined {
  const map = tagged(value);
  return map?.kind === "map" ? map.fields : undefined;
}

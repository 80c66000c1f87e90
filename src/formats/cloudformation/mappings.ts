// Fn::FindInMap: a value of a template's mappings by two keys, with a default of AWS::LanguageExtensions. (Template
// reference, "Fn::FindInMap".)
import { closest } from "../../closest.ts";
import { Problem, type Origin } from "../../problem.ts";
import type { MapTree, Tree } from "../tree.ts";
import { textArgument } from "./functions.ts";
import { isNotKnown, notKnown, type NotKnown, type Value } from "./values.ts";

/**
 * The value as it is written there.
 *
 * @param keys the mapping's name, the top key and the second one
 * @param more a fourth argument, which may hold a `DefaultValue`
 * @throws Problem `reference` where the mapping has no such keys
 */
export function findInMap(
  mappings: ReadonlyMap<string, MapTree>,
  keys: readonly (Value | undefined)[],
  more: Tree | undefined,
  origin: Origin,
): Tree | NotKnown {
  const named = [0, 1, 2].map((at) =>
    textArgument("Fn::FindInMap", "[mapping, top key, second key]", keys[at], origin),
  );
  const words = named.map((part) => (isNotKnown(part) ? part.name : part));
  const open = named.find((part) => isNotKnown(part));
  if (open !== undefined) return notKnown(open.why, `FindInMap(${words.join(", ")})`, origin);
  const [name = "", top = "", second = ""] = words;
  const mapping = mappings.get(name);
  const row = mapping?.entries.get(top)?.value;
  const found = row?.kind === "map" ? row.entries.get(second)?.value : undefined;
  const fallback = more?.kind === "map" ? more.entries.get("DefaultValue")?.value : undefined;
  if (found !== undefined) return found;
  if (fallback !== undefined) return fallback;
  const near = mapping === undefined ? closest(name, [...mappings.keys()]) : undefined;
  throw new Problem("reference", `Fn::FindInMap: there is no ${second} under ${top} in the mapping ${name}`, {
    origin,
    ...(near === undefined ? {} : { remedy: `did you mean the mapping ${near}?` }),
  });
}

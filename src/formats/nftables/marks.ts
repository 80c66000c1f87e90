// The statement `meta mark set …` and `ct mark set …`: constants, bits of either mark, maps.
import { all, type Match } from "../../rules/match.ts";
import type { Action } from "../../rules/rule.ts";
import type { Json } from "../json.ts";
import { mapFields, readLookup } from "./maps.ts";
import { unknowable, type MarkKey, type Scope } from "./keys.ts";
import { expressionText } from "./print-expression.ts";
import { readKeys } from "./read-key.ts";
import { numberConstant } from "./values.ts";

export interface MarkChange {
  readonly actions: readonly Action[];
  /** When the value can be read; the rule ends where it can't. */
  readonly readable: Match;
}

const everyBit = 0xffffffff;

/** Lowers a new value of a mark. @example markChange(scope, "packet", 5) */
export function markChange(scope: Scope, of: "packet" | "connection", value: Json): MarkChange {
  const constant = numberConstant(() => undefined, value);
  if (constant !== undefined)
    return change([{ kind: "set-mark", of, mask: everyBit, value: constant >>> 0 }]);
  const map = mapFields(value);
  if (map !== undefined) {
    const lookup = readLookup(scope, map, (target) => markChange(scope, of, target).actions);
    return {
      actions: [lookup.action],
      readable: all(
        lookup.readable,
        lookup.goesOn(() => true),
      ),
    };
  }
  const [key, ...more] = readKeys(scope, value);
  if (key?.kind === "mark" && more.length === 0 && key.bits.shift === 0) return fromMark(of, key);
  return change(anyMark(scope, of, value));
}

function change(actions: readonly Action[]): MarkChange {
  return { actions, readable: { kind: "always" } };
}

/** to = (from & and) ^ xor, in the model's two actions. */
function fromMark(of: "packet" | "connection", key: MarkKey): MarkChange {
  const and = Number(key.bits.and);
  const xor = Number(key.bits.xor);
  if (key.of === of) {
    return change([{ kind: "set-mark", of, mask: ~and >>> 0, value: xor }]);
  }
  const copy: Action = { kind: "copy-mark", from: key.of, fromMask: and, toMask: everyBit };
  const turned: readonly Action[] = xor === 0 ? [] : [{ kind: "set-mark", of, mask: 0, value: xor }];
  return { actions: [copy, ...turned], readable: key.readable };
}

/** A value that can't be known, as a choice between two: afterwards the mark is neither the one nor the other for sure. */
function anyMark(scope: Scope, of: "packet" | "connection", value: Json): readonly Action[] {
  const text = expressionText(value);
  const match = unknowable(scope, text, {
    why: "a mark that is computed from something unknown",
    understood: true,
  });
  const set = (bits: number): readonly Action[] => [{ kind: "set-mark", of, mask: everyBit, value: bits }];
  return [
    {
      kind: "lookup",
      name: text,
      fields: [],
      entries: [
        { key: [], match, actions: set(0) },
        { key: [], match, actions: set(everyBit) },
      ],
    },
  ];
}

// The statement `match`: left side, operator, right side, as one test of the model.
import { all, type Match } from "../../rules/match.ts";
import type { Json } from "../json.ts";
import { withOperator } from "./bits.ts";
import { among, statusTest } from "./choose.ts";
import { allNeeds, unknowable, type Key, type Scope } from "./keys.ts";
import { statementText } from "./print-statement.ts";
import { readKeys } from "./read-key.ts";
import { anonymous, elementsOf, inSet } from "./sets.ts";
import { textOf, type Fields } from "./shape.ts";
import { numberConstant } from "./values.ts";

/** @throws Problem for a set that is not there, or a value that is not of the key's type */
export function matchTest(scope: Scope, fields: Fields): Match {
  const { left, right } = fields;
  const operator = textOf(fields["op"]) ?? "==";
  if (left === undefined || right === undefined) {
    return scope.fail("syntax", "a match has no “left” or no “right” side");
  }
  const keys = readKeys(scope, left);
  const strange = keys.find((key) => key.kind === "opaque");
  if (strange?.kind === "opaque") {
    const text = statementText({ match: { ...fields } });
    return all(allNeeds(keys), unknowable(scope, text, strange));
  }
  const set = elementsOf(scope, right);
  if (set !== undefined) return inSet(scope, keys, set, operator === "!=" || operator === "!");
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    return inSet(scope, keys, { name: anonymous, elements: [right], lowered: new Map() }, operator === "!=");
  }
  return compared(scope, key, operator, right, fields);
}

function compared(scope: Scope, key: Key, operator: string, right: Json, fields: Fields): Match {
  switch (operator) {
    case "==":
    case "!=":
      return among(scope, key, [right], operator === "!=");
    // Bits: any of them set, or none. nft has no other lists here.
    case "in":
    case "!": {
      if (key.kind === "status") return statusTest(scope, key, right, operator === "!");
      if (key.kind !== "numeric")
        return operator === "in" ? among(scope, key, [right], false) : strange(scope, fields);
      return bitsTest(scope, key, right, operator === "!") ?? strange(scope, fields);
    }
    case "<":
    case ">":
    case "<=":
    case ">=":
      return ordered(scope, key, operator, right) ?? strange(scope, fields);
    default:
      return strange(scope, fields);
  }
}

function strange(scope: Scope, fields: Fields): Match {
  const text = statementText({ match: { ...fields } });
  return unknowable(scope, text, { why: "a comparison that Ringwall does not know", understood: false });
}

/** (field & right) != 0, or == 0. @example `tcp flags syn,ack`: SYN or ACK or both */
function bitsTest(
  scope: Scope,
  key: Extract<Key, { kind: "numeric" }>,
  right: Json,
  none: boolean,
): Match | undefined {
  const mask = numberConstant(key.parse, right);
  if (mask === undefined) return undefined;
  const bits = withOperator(key.bits, "&", BigInt(mask));
  return bits === undefined ? undefined : among(scope, { ...key, bits }, [0], !none);
}

/** `<` and its kin as a range from or to the end of the domain. */
function ordered(scope: Scope, key: Key, operator: string, right: Json): Match | undefined {
  if (key.kind === "address") {
    const last = key.family === 4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    const first = key.family === 4 ? "0.0.0.0" : "::";
    // `<` is the complement of `>=`: the complement stays within the family.
    if (operator === "<" || operator === ">=") {
      return among(scope, key, [{ range: [right, last] }], operator === "<");
    }
    return among(scope, key, [{ range: [first, right] }], operator === ">");
  }
  if (key.kind !== "numeric" && key.kind !== "mark") return undefined;
  const value = numberConstant(key.kind === "numeric" ? key.parse : () => undefined, right);
  if (value === undefined) return undefined;
  const most = 2 ** key.bits.width - 1;
  if (operator === "<" || operator === ">=") {
    return among(scope, key, [{ range: [value, most] }], operator === "<");
  }
  return among(scope, key, [{ range: [0, value] }], operator === ">");
}

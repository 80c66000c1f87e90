// The intrinsic functions that need nothing but their arguments: Join, Select, Split, Cidr. What one argument leaves open
// the result leaves open; what no argument could mend is a Problem. (Template reference, "Intrinsic functions".)
import { Problem, type Origin } from "../../problem.ts";
import { partCidr } from "./cidr.ts";
import {
  isNotKnown,
  notKnown,
  shown,
  textValue,
  unknownIn,
  type ListValue,
  type NotKnown,
  type Value,
} from "./values.ts";

/** Parameters and properties are far shorter; a bound so that a crafted template can't double a text without end. */
const longestText = 1 << 16;

export function join(args: readonly (Value | undefined)[], origin: Origin): Value {
  const delimiter = textArgument("Fn::Join", "a delimiter", args[0], origin);
  const list = listArgument("Fn::Join", args[1], origin);
  if (isNotKnown(delimiter)) return delimiter;
  if (isNotKnown(list)) return notKnown(list.why, `Join(${list.name})`, origin);
  const open = unknownIn(list);
  const texts = list.items.map((item) => (item.kind === "text" ? item.text : shown(item)));
  const joined = texts.join(delimiter);
  if (open !== undefined) return notKnown(open.why, bounded(joined, origin), origin);
  const strange = list.items.find((item) => item.kind !== "text");
  if (strange !== undefined) throw expected("Fn::Join", "a list of texts", strange, origin);
  return textValue(bounded(joined, origin), origin);
}

export function bounded(text: string, origin: Origin): string {
  if (text.length <= longestText) return text;
  throw new Problem("limit", `a text of over ${longestText} characters comes of this`, { origin });
}

/** @throws Problem `meaning` for an index outside of the list */
export function select(args: readonly (Value | undefined)[], origin: Origin): Value {
  const index = wholeArgument("Fn::Select", "an index", args[0], origin);
  const list = listArgument("Fn::Select", args[1], origin);
  if (isNotKnown(index)) {
    return notKnown(index.why, `Select(${index.name})`, origin, isNotKnown(list) ? [] : list.items);
  }
  if (isNotKnown(list)) {
    const may = list.may.flatMap((one) => (one.kind === "list" ? (one.items[index] ?? []) : []));
    return notKnown(list.why, `${list.name}[${index}]`, origin, may.length === list.may.length ? may : []);
  }
  const found = list.items[index];
  if (found !== undefined) return found;
  throw new Problem(
    "meaning",
    `Fn::Select: index ${index} is out of range: the list has ${list.items.length} (0 to ${list.items.length - 1})`,
    { origin },
  );
}

export function split(args: readonly (Value | undefined)[], origin: Origin): Value {
  const delimiter = textArgument("Fn::Split", "a delimiter", args[0], origin);
  const text = textArgument("Fn::Split", "a text", args[1], origin);
  if (isNotKnown(delimiter)) return delimiter;
  if (isNotKnown(text)) return notKnown(text.why, `Split(${text.name})`, origin);
  if (delimiter === "") throw new Problem("meaning", "Fn::Split: a delimiter was expected", { origin });
  return { kind: "list", items: text.split(delimiter).map((part) => textValue(part, origin)), origin };
}

export function cidr(args: readonly (Value | undefined)[], origin: Origin): Value {
  const block = textArgument("Fn::Cidr", "a block", args[0], origin);
  const count = wholeArgument("Fn::Cidr", "a count", args[1], origin);
  const bits = args[2] === undefined ? undefined : wholeArgument("Fn::Cidr", "cidrBits", args[2], origin);
  if (isNotKnown(block)) return notKnown(block.why, `Cidr(${block.name})`, origin);
  if (isNotKnown(count)) return notKnown(count.why, `Cidr(${block}, ${count.name})`, origin);
  if (bits === undefined) return notKnown("Fn::Cidr without cidrBits", `Cidr(${block})`, origin);
  if (isNotKnown(bits)) return notKnown(bits.why, `Cidr(${block}, ${count}, ${bits.name})`, origin);
  const items = partCidr(block, count, bits, origin).map((part) => textValue(part, origin));
  return { kind: "list", items, origin };
}

export function textArgument(
  name: string,
  what: string,
  value: Value | undefined,
  origin: Origin,
): string | NotKnown {
  if (value?.kind === "text") return value.text;
  if (isNotKnown(value)) return value;
  throw expected(name, what, value, origin);
}

function wholeArgument(
  name: string,
  what: string,
  value: Value | undefined,
  origin: Origin,
): number | NotKnown {
  const text = textArgument(name, what, value, origin);
  if (isNotKnown(text)) return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw expected(name, `${what} (a whole number)`, value, origin);
}

function listArgument(name: string, value: Value | undefined, origin: Origin): ListValue | NotKnown {
  if (value?.kind === "list" || value?.kind === "unknown") return value;
  throw expected(name, "a list", value, origin);
}

export function expected(name: string, what: string, value: Value | undefined, origin: Origin): Problem {
  return new Problem("meaning", `${name}: ${what} was expected, found ${shown(value)}`, { origin });
}

// What a template's expressions come to: text, lists, maps, and what can't be known before the stack is created. Every
// scalar is text, as CloudFormation passes them on; AWS::NoValue and null are no value at all.
import type { Origin } from "../../problem.ts";

export interface TextValue {
  readonly kind: "text";
  readonly text: string;
  readonly origin: Origin;
}
export interface ListValue {
  readonly kind: "list";
  readonly items: readonly Value[];
  readonly origin: Origin;
}
export interface MapValue {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Value>;
  readonly origin: Origin;
}
export interface NotKnown {
  readonly kind: "unknown";
  /** In words, for people: “the parameter OfficeCidr has no value”. */
  readonly why: string;
  /** What stands there, as short as the template has it: two of one name in one stack are the same thing. */
  readonly name: string;
  /** All that it can be, where that is known: the branches of an Fn::If. Empty: anything. */
  readonly may: readonly Value[];
  readonly origin: Origin;
}
export type Value = TextValue | ListValue | MapValue | NotKnown;

export function textValue(text: string, origin: Origin): TextValue {
  return { kind: "text", text, origin };
}

export function notKnown(why: string, name: string, origin: Origin, may: readonly Value[] = []): NotKnown {
  return { kind: "unknown", why, name, may, origin };
}

export function isNotKnown(value: unknown): value is NotKnown {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "unknown";
}

/** The first unknown in a value, however deep. */
export function unknownIn(value: Value): NotKnown | undefined {
  switch (value.kind) {
    case "unknown":
      return value;
    case "text":
      return undefined;
    case "list":
      return firstOf(value.items);
    case "map":
      return firstOf(value.entries.values());
  }
}

function firstOf(values: Iterable<Value>): NotKnown | undefined {
  for (const value of values) {
    const found = unknownIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether two values say the same, wherever they stand. */
export function sameValue(a: Value, b: Value): boolean {
  return signature(a) === signature(b);
}

export function signature(value: Value): string {
  switch (value.kind) {
    case "text":
      return JSON.stringify(value.text);
    case "list":
      return `[${value.items.map((item) => signature(item)).join()}]`;
    case "map":
      return `{${[...value.entries].map(([key, part]) => `${JSON.stringify(key)}:${signature(part)}`).join()}}`;
    case "unknown":
      return `?${JSON.stringify(value.name)}`;
  }
}

/** How a message shows a value. */
export function shown(value: Value | undefined): string {
  switch (value?.kind) {
    case undefined:
      return "nothing";
    case "text":
      return `“${value.text.length > 40 ? `${value.text.slice(0, 40)}…` : value.text}”`;
    case "list":
      return "a list";
    case "map":
      return "a map";
    case "unknown":
      return value.name;
  }
}

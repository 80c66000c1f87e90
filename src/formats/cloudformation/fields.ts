// The properties of a resource, taken out by type. CloudFormation converts between texts, numbers and truth values, and
// takes one thing for a list of one; what can't be converted is a Problem at its own place.
import { Problem, type Origin } from "../../problem.ts";
import { isNotKnown, notKnown, shown, type NotKnown, type Value } from "./values.ts";

export class Fields {
  /** What they are the fields of, for messages: `WebGroup`, `WebGroup.SecurityGroupIngress`. */
  readonly what: string;
  readonly origin: Origin;
  readonly #entries: ReadonlyMap<string, Value>;

  constructor(entries: ReadonlyMap<string, Value>, what: string, origin: Origin) {
    this.#entries = entries;
    this.what = what;
    this.origin = origin;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  value(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** A text that says something; an empty one counts as absent. */
  text(key: string): string | NotKnown | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || isNotKnown(value)) return value;
    if (value.kind === "text") return value.text === "" ? undefined : value.text;
    throw this.#misfit(key, "a text", value);
  }

  requiredText(key: string): string | NotKnown {
    return this.text(key) ?? this.#missing(key);
  }

  whole(key: string): number | NotKnown | undefined {
    const text = this.text(key);
    if (text === undefined || isNotKnown(text)) return text;
    if (/^-?\d{1,10}$/.test(text.trim())) return Number(text);
    throw this.#misfit(key, "a whole number", this.#entries.get(key));
  }

  /** YAML 1.1, which CloudFormation speaks, also has yes and no. */
  flag(key: string): boolean | NotKnown | undefined {
    const text = this.text(key);
    if (text === undefined || isNotKnown(text)) return text;
    const word = text.toLowerCase();
    if (["true", "yes", "on", "1"].includes(word)) return true;
    if (["false", "no", "off", "0"].includes(word)) return false;
    throw this.#misfit(key, "true or false", this.#entries.get(key));
  }

  /** The elements of a list; a list that is not known is one element that is not. */
  list(key: string): readonly Value[] {
    const value = this.#entries.get(key);
    if (value === undefined) return [];
    if (value.kind === "list")
      return value.items.flatMap((item) => (item.kind === "list" ? item.items : [item]));
    if (!isNotKnown(value)) return [value];
    const may = value.may.flatMap((one) => (one.kind === "list" ? one.items : [one]));
    return [notKnown(value.why, value.name, value.origin, may)];
  }

  texts(key: string): (string | NotKnown)[] {
    return this.list(key).map((item) => {
      if (isNotKnown(item)) return item;
      if (item.kind === "text") return item.text;
      throw this.#misfit(key, "a list of texts", item);
    });
  }

  maps(key: string): (Fields | NotKnown)[] {
    return this.list(key).map((item) => (isNotKnown(item) ? item : this.inner(key, item)));
  }

  map(key: string): Fields | NotKnown | undefined {
    const value = this.#entries.get(key);
    return value === undefined || isNotKnown(value) ? value : this.inner(key, value);
  }

  /** @throws Problem where the value is no map */
  inner(key: string, value: Value): Fields {
    if (value.kind === "map") return new Fields(value.entries, `${this.what}.${key}`, value.origin);
    throw this.#misfit(key, "a map", value);
  }

  #misfit(key: string, expected: string, value: Value | undefined): Problem {
    return new Problem("meaning", `${this.what}.${key}: ${expected} was expected, found ${shown(value)}`, {
      origin: value?.origin ?? this.origin,
    });
  }

  #missing(key: string): never {
    throw new Problem("meaning", `${this.what}: ${key} was expected`, { origin: this.origin });
  }
}

/** A value where it is known; undefined where it is absent or not known. */
export function known<T>(value: T | NotKnown | undefined): T | undefined {
  return isNotKnown(value) ? undefined : value;
}

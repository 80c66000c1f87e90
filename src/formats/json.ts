// JSON with places: plain values, and for every object and array the line it began on, so that a rule can cite its
// file. Strict JSON only (RFC 8259); an error names line, column and what was expected. Written here, since parsers that
// know places took three quarters of the time of reading an estate.
import { Problem, type Origin } from "../problem.ts";
import type { SourceFile } from "./reader.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonDocument {
  readonly value: Json;
  /** Where an object or array of this document began; the file's first line for anything else. */
  readonly originOf: (value: unknown, id?: string) => Origin;
}

/** Nested deeper than any vendor's export; a bound so that a crafted file can't exhaust the stack. */
const deepest = 200;

/** @throws Problem `syntax` where the text is not one JSON value */
export function readJson(file: SourceFile): JsonDocument {
  const text = file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text;
  const parser = new Parser(file.path, text);
  const value = parser.document();
  let starts: number[] | undefined;
  return {
    value,
    originOf: (item, id) => {
      const named = id === undefined ? {} : { id };
      const offset = typeof item === "object" && item !== null ? parser.places.get(item) : undefined;
      if (offset === undefined) return { file: file.path, line: 1, ...named };
      starts ??= lineStarts(text);
      return { file: file.path, ...placeOf(starts, offset), ...named };
    },
  };
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /[A-Za-z_'\u0080-\uffff]+/y;

class Parser {
  readonly places = new WeakMap<object, number>();
  readonly #path: string;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  document(): Json {
    this.#space();
    if (this.#at >= this.#text.length) this.#fail("the file is empty; a JSON value was expected");
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length)
      this.#fail("the end of the file was expected: something stands after the JSON value");
    return value;
  }

  #value(): Json {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #object(): Json {
    const object: { [key: string]: Json } = {};
    this.#open(object);
    this.#space();
    if (this.#take(0x7d)) return this.#close(object);
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#expected("a property name in double quotes");
      const name = this.#string();
      this.#space();
      if (!this.#take(0x3a)) this.#expected("a “:” after the property name");
      this.#space();
      const value = this.#value();
      // Not by assignment: a key named __proto__ is data like any other.
      if (name === "__proto__")
        Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      else object[name] = value;
      this.#space();
      if (this.#take(0x7d)) return this.#close(object);
      if (!this.#take(0x2c)) this.#expected("a “,” or “}”");
      this.#space();
    }
  }

  #array(): Json {
    const array: Json[] = [];
    this.#open(array);
    this.#space();
    if (this.#take(0x5d)) return this.#close(array);
    for (;;) {
      array.push(this.#value());
      this.#space();
      if (this.#take(0x5d)) return this.#close(array);
      if (!this.#take(0x2c)) this.#expected("a “,” or “]”");
      this.#space();
    }
  }

  #open(item: object): void {
    if (this.#depth >= deepest) this.#fail(`values nested over ${deepest} deep`);
    this.places.set(item, this.#at);
    this.#depth += 1;
    this.#at += 1;
  }

  #close<T extends Json>(item: T): T {
    this.#depth -= 1;
    return item;
  }

  #string(): string {
    const from = this.#at;
    let escaped = false;
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return escaped ? this.#unescaped(from, at + 1) : this.#text.slice(from + 1, at);
      }
      if (code === 0x5c) {
        escaped = true;
        at += 1;
      } else if (code < 0x20) {
        this.#at = at;
        this.#fail(
          "a control character or line break stands in a string: a closing quote or an escape was expected",
        );
      }
    }
    this.#at = this.#text.length;
    this.#fail("a closing quote was expected: the file seems to be cut off");
  }

  #unescaped(from: number, to: number): string {
    try {
      const value: unknown = JSON.parse(this.#text.slice(from, to));
      if (typeof value === "string") return value;
    } catch {
      // Said below, with its place.
    }
    this.#at = from;
    this.#fail("this string has an escape that JSON has not");
  }

  #scalar(): null | boolean | number {
    for (const [written, value] of scalars) {
      if (this.#text.startsWith(written, this.#at)) {
        this.#at += written.length;
        return value;
      }
    }
    number.lastIndex = this.#at;
    const match = number.exec(this.#text);
    if (match === null)
      this.#expected("a JSON value (an object, array, string, number, true, false or null)");
    this.#at += match[0].length;
    return Number(match[0]);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #expected(what: string): never {
    if (this.#at >= this.#text.length) this.#fail(`${what} was expected: the file seems to be cut off`);
    if (/^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2)))
      this.#fail(`${what} was expected: JSON has no comments`);
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0] ?? String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#fail(`${what} was expected, not “${found.slice(0, 20)}”`);
  }

  #fail(message: string): never {
    const place = placeOf(lineStarts(this.#text), Math.min(this.#at, this.#text.length));
    throw new Problem("syntax", message, { origin: { file: this.#path, ...place } });
  }
}

const scalars = [
  ["null", null],
  ["true", true],
  ["false", false],
] as const;

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column, from 1, of an offset; binary search. */
function placeOf(
  starts: readonly number[],
  offset: number,
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

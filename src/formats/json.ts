// JSON with places: plain values, and for every object and array the line it began on, so that a rule can cite its
// file. Strict JSON only; an error names line, column and what was expected.
import { printParseErrorCode, visit } from "jsonc-parser";
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

/** What the parser's error codes mean to the person who wrote the file. */
const explanations: Readonly<Record<string, string>> = {
  InvalidSymbol: "a JSON value was expected: an object, array, string, number, true, false or null",
  InvalidNumberFormat: "this is not a number that JSON has",
  PropertyNameExpected: "a property name in double quotes was expected",
  ValueExpected: "a JSON value was expected",
  ColonExpected: "a “:” was expected after the property name",
  CommaExpected: "a “,” was expected",
  CloseBraceExpected: "a “}” was expected: the file seems to be cut off",
  CloseBracketExpected: "a “]” was expected: the file seems to be cut off",
  EndOfFileExpected: "the end of the file was expected: something stands after the JSON value",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "a closing quote was expected: the file seems to be cut off",
  UnexpectedEndOfNumber: "more digits were expected",
  InvalidUnicode: "this is not a Unicode escape that JSON has",
  InvalidEscapeCharacter: "this is not an escape that JSON has",
  InvalidCharacter: "a character that JSON does not allow here (a control or NUL character?)",
};

/** @throws Problem `syntax` where the text is not one JSON value */
export function readJson(file: SourceFile): JsonDocument {
  const text = file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text;
  const places = new WeakMap<object, { line: number; column: number }>();
  const open: (Json[] | { [key: string]: Json })[] = [];
  const names: string[] = [];
  let value: Json | undefined;
  const put = (item: Json): void => {
    const parent = open.at(-1);
    if (parent === undefined) value = item;
    else if (Array.isArray(parent)) parent.push(item);
    else {
      const name = names.at(-1) ?? "";
      // Not by assignment: a key named __proto__ is data like any other.
      Object.defineProperty(parent, name, {
        value: item,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  };
  const begin = (item: Json[] | { [key: string]: Json }, line: number, column: number): void => {
    if (open.length >= deepest) fail(file, line, column, `values nested over ${deepest} deep`);
    places.set(item, { line: line + 1, column: column + 1 });
    put(item);
    open.push(item);
    names.push("");
  };
  const end = (): void => {
    open.pop();
    names.pop();
  };
  if (text.trim() === "")
    throw new Problem("syntax", "the file is empty; a JSON value was expected", {
      origin: { file: file.path, line: 1 },
    });
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, column) => begin({}, line, column),
      onArrayBegin: (_offset, _length, line, column) => begin([], line, column),
      onObjectEnd: end,
      onArrayEnd: end,
      onObjectProperty: (name) => {
        names[names.length - 1] = name;
      },
      onLiteralValue: (item: Json) => put(item),
      onError: (code, _offset, _length, line, column) => {
        const name = printParseErrorCode(code);
        fail(file, line, column, explanations[name] ?? `this is not JSON (${name})`);
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  if (value === undefined)
    throw new Problem("syntax", "the file is empty; a JSON value was expected", {
      origin: { file: file.path, line: 1 },
    });
  return {
    value,
    originOf: (item, id) => {
      const place = typeof item === "object" && item !== null ? places.get(item) : undefined;
      const named = id === undefined ? {} : { id };
      return {
        file: file.path,
        line: place?.line ?? 1,
        ...(place === undefined ? {} : { column: place.column }),
        ...named,
      };
    },
  };
}

function fail(file: SourceFile, line: number, column: number, message: string): never {
  throw new Problem("syntax", message, { origin: { file: file.path, line: line + 1, column: column + 1 } });
}

export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

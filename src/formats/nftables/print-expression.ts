// Writes an expression of nft's JSON back in nft's own text syntax: what people read in an answer, and what `nft -f`
// takes again. Expressions only; statements are print-statement.ts. What has no text of its own stays as JSON.
import type { Json } from "../json.ts";
import {
  binaryOf,
  listOf,
  numberOf,
  partsOf,
  prefixOf,
  rangeOf,
  tagged,
  textOf,
  type Fields,
} from "./shape.ts";

/** How constants beside a key are written: interface names and times in quotes, marks in hexadecimal. */
type Style = "plain" | "quoted" | "mark";

const quotedMeta = new Set([
  "iif",
  "oif",
  "iifname",
  "oifname",
  "sdif",
  "sdifname",
  "iifkind",
  "oifkind",
  "ibrname",
  "obrname",
  "ibridgename",
  "obridgename",
  "time",
  "hour",
  "day",
]);
const bareMeta = new Set(["iif", "oif", "iifname", "oifname"]);

function styleOf(key: Json | undefined): Style {
  const binary = binaryOf(key);
  if (binary !== undefined) return styleOf(binary.left);
  const expression = tagged(key);
  if (expression === undefined) return "plain";
  const name = textOf(expression.fields["key"]) ?? "";
  switch (expression.kind) {
    case "meta":
      return name === "mark" ? "mark" : quotedMeta.has(name) ? "quoted" : "plain";
    case "ct":
      return name === "mark" ? "mark" : name === "helper" ? "quoted" : "plain";
    case "fib":
      return expression.fields["result"] === "type" ? "plain" : "quoted";
    case "osf":
      return "quoted";
    case "socket":
      return name === "mark" ? "mark" : name === "cgroupv2" ? "quoted" : "plain";
    default:
      return "plain";
  }
}

/** An expression that is not measured against a key. @example expressionText({ meta: { key: "mark" } }) */
export function expressionText(value: Json): string {
  return text(value, ["plain"]);
}

/** A constant, set or map as it stands beside its key: `"eth0"` after iifname, `0x00000010` after mark. */
export function operandText(value: Json, key: Json): string {
  return text(value, partsOf(key).map(styleOf));
}

function text(value: Json, styles: readonly Style[]): string {
  const [style = "plain"] = styles;
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "exists" : "missing";
  if (typeof value === "number") return numberText(value, style);
  if (typeof value === "string") return wordText(value, style);
  if (Array.isArray(value)) return value.map((item) => text(item, styles)).join(" | ");
  const binary = binaryOf(value);
  if (binary !== undefined) return binaryText(value, style);
  const range = rangeOf(value);
  if (range !== undefined) {
    // Names hold dashes of their own: `redirect - router-advertisement`.
    const dash = range.some((end) => typeof end === "string" && /^[a-z][a-z-]*$/.test(end)) ? " - " : "-";
    return `${text(range[0], styles)}${dash}${text(range[1], styles)}`;
  }
  const prefix = prefixOf(value);
  if (prefix !== undefined) return `${text(prefix.first, styles)}/${prefix.length}`;
  const expression = tagged(value);
  if (expression === undefined) return JSON.stringify(value);
  const { kind, body, fields } = expression;
  switch (kind) {
    case "concat":
      return listOf(body)
        .map((part, at) => text(part, [styles[at] ?? style]))
        .join(" . ");
    case "set":
      return setText(listOf(body), styles);
    case "map":
      return `${expressionText(fields["key"] ?? null)} map ${operandText(fields["data"] ?? null, fields["key"] ?? null)}`;
    case "elem":
      return elementText(fields, styles);
    case "jump":
    case "goto":
      return `${kind} ${textOf(fields["target"]) ?? ""}`;
    default:
      return body === null ? kind : selectorText(kind, fields);
  }
}

function numberText(value: number, style: Style): string {
  return style === "mark" ? `0x${value.toString(16).padStart(8, "0")}` : String(value);
}

/** Values of a type that nft does not know come with a remark: `0x50 [invalid type]`. */
const untyped = /^(0x[0-9a-f]+) \[invalid type\]$/;

function wordText(value: string, style: Style): string {
  if (value.startsWith("@")) return value;
  return style === "quoted" ? `"${value}"` : value.replace(untyped, "$1");
}

function setText(elements: readonly Json[], styles: readonly Style[]): string {
  const one = (element: Json): string => {
    if (element === "*") return "*";
    if (!Array.isArray(element)) return text(element, styles);
    const [key = null, target = null] = element;
    return `${one(key)} : ${text(target, ["plain"])}`;
  };
  return elements.length === 0 ? "{ }" : `{ ${elements.map(one).join(", ")} }`;
}

function elementText(fields: Fields, styles: readonly Style[]): string {
  const value = fields["val"] ?? null;
  const timeout = numberOf(fields["timeout"]);
  const comment = textOf(fields["comment"]);
  return [
    value === "*" ? "*" : text(value, styles),
    ...(timeout === undefined ? [] : [`timeout ${timeout}s`]),
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
  ].join(" ");
}

const binding: Readonly<Record<string, number>> = { "<<": 4, ">>": 4, "&": 3, "^": 2, "|": 1 };

function binaryText(value: Json, style: Style): string {
  const binary = binaryOf(value);
  if (binary === undefined) return expressionText(value);
  const own = binding[binary.operator] ?? 0;
  const inner = binaryOf(binary.left);
  const left = text(binary.left, [style]);
  const weaker = inner !== undefined && (binding[inner.operator] ?? 0) < own;
  const shift = own === 4;
  const rights = binary.right.map((right) => {
    const written = text(right, [shift ? "plain" : styleOf(binary.left) === "mark" ? "mark" : style]);
    const many = Array.isArray(right) ? right.length > 1 : binaryOf(right) !== undefined;
    return many ? `(${written})` : written;
  });
  return [weaker ? `(${left})` : left, ...rights].join(` ${binary.operator} `);
}

function selectorText(kind: string, fields: Fields): string {
  const word = (name: string): string => {
    const value = fields[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const words = (...parts: string[]): string => parts.filter((part) => part !== "").join(" ");
  const offset = numberOf(fields["offset"]) ?? 0;
  switch (kind) {
    case "payload":
      return fields["base"] === undefined
        ? words(word("protocol"), word("field"))
        : `@${word("base")},${word("offset")},${word("len")}`;
    case "meta":
      return bareMeta.has(word("key")) ? word("key") : `meta ${word("key")}`;
    case "ct":
      return words("ct", word("dir"), word("key"));
    case "rt":
      return words("rt", word("family"), word("key"));
    case "fib":
      return `fib ${listOf(fields["flags"])
        .map((flag) => expressionText(flag))
        .join(" . ")} ${word("result")}`;
    case "exthdr":
      if (fields["field"] === undefined) return `exthdr ${word("name")}`;
      return `${word("name")} ${word("field")}${fields["offset"] === undefined ? "" : `[${offset}]`}`;
    case "tcp option":
      if (fields["base"] === undefined) return words(kind, word("name"), word("field"));
      return offset === 0 && fields["len"] === 8
        ? `${kind} ${word("base")}`
        : `${kind} @${word("base")},${word("offset")},${word("len")}`;
    case "ip option":
    case "sctp chunk":
    case "dccp option":
      return words(kind, word("name"), word("field"), word("type"));
    case "numgen":
      return words(
        "numgen",
        word("mode"),
        "mod",
        word("mod"),
        ...(offset === 0 ? [] : ["offset", String(offset)]),
      );
    case "jhash":
    case "symhash": {
      const seed = fields["seed"];
      return words(
        kind,
        kind === "jhash" ? expressionText(fields["expr"] ?? null) : "",
        "mod",
        word("mod"),
        typeof seed === "number" ? `seed 0x${seed.toString(16)}` : "",
        offset === 0 ? "" : `offset ${offset}`,
      );
    }
    case "ipsec":
      return words("ipsec", word("dir"), "spnum", word("spnum"), word("family"), word("key"));
    case "socket":
      return words("socket", word("key"), word("key") === "cgroupv2" ? `level ${word("level")}` : "");
    case "osf":
      return words("osf", fields["ttl"] === undefined ? "" : `ttl ${word("ttl")}`, word("key"));
    default:
      return JSON.stringify({ [kind]: fields });
  }
}

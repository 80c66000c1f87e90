// Writes a rule's statements in nft's own text syntax, on one line: `tcp dport 22 ct state new accept`. Counters are
// written without their figures, as `nft -s list` does, so that two exports of one rule read alike.
import type { Json } from "../json.ts";
import { expressionText, operandText } from "./print-expression.ts";
import { binaryOf, listOf, tagged, textOf, type Fields } from "./shape.ts";

/** A whole rule. `comment` stands at its end, as nft has it. */
export function ruleText(statements: readonly Json[], comment?: string): string {
  return [...statements.map(statementText), ...(comment === undefined ? [] : [`comment "${comment}"`])].join(
    " ",
  );
}

/** @example statementText({ match: { op: "==", left: { meta: { key: "l4proto" } }, right: "tcp" } }) // "meta l4proto tcp" */
export function statementText(statement: Json): string {
  if (typeof statement === "string") return statement;
  const tag = tagged(statement);
  if (tag === undefined) return JSON.stringify(statement);
  const { kind, body, fields } = tag;
  const writer = Object.hasOwn(writers, kind) ? writers[kind] : undefined;
  if (writer !== undefined) return writer(body, fields);
  return body === null ? kind : expressionText(statement);
}

type Writer = (body: Json, fields: Fields) => string;

const writers: Readonly<Record<string, Writer>> = {
  match: (_, fields) => matchText(fields),
  vmap: (_, { key = null, data = null }) => `${expressionText(key)} vmap ${operandText(data, key)}`,
  counter: (body) => objectText("counter", body) ?? "counter",
  limit: (body, fields) => objectText("limit", body) ?? limitText(fields),
  quota: (body, fields) =>
    objectText("quota", body) ??
    `quota ${over(fields)}${word(fields["val"])} ${textOf(fields["val_unit"]) ?? "bytes"}${fields["used"] === undefined ? "" : ` used ${word(fields["used"])} ${textOf(fields["used_unit"]) ?? "bytes"}`}`,
  "ct count": (_, fields) => `ct count ${over(fields)}${word(fields["val"])}`,
  log: (_, fields) => logText(fields),
  reject: (_, fields) => rejectText(fields),
  mangle: (_, { key = null, value = null }) => `${expressionText(key)} set ${operandText(value, key)}`,
  snat: (_, fields) => translationText("snat", fields),
  dnat: (_, fields) => translationText("dnat", fields),
  masquerade: (_, fields) => translationText("masquerade", fields),
  redirect: (_, fields) => translationText("redirect", fields),
  tproxy: (_, fields) => translationText("tproxy", fields),
  set: (_, fields) =>
    `${word(fields["op"])} ${word(fields["set"])} { ${updateText(fields)}${perElement(fields["stmt"])} }`,
  map: (_, { data = null, ...fields }) =>
    `${word(fields["op"])} ${word(fields["map"])} { ${updateText(fields)}${perElement(fields["stmt"])} : ${expressionText(data)} }`,
  meter: (_, { key = null, ...fields }) =>
    `meter ${word(fields["name"])}${fields["size"] === undefined ? "" : ` size ${word(fields["size"])}`} { ${expressionText(key)}${perElement(fields["stmt"])} }`,
  queue: (_, fields) =>
    `queue${fields["flags"] === undefined ? "" : ` flags ${listOf(fields["flags"]).map(expressionText).join(",")}`}${fields["num"] === undefined ? "" : ` to ${expressionText(fields["num"])}`}`,
  dup: (_, fields) =>
    `dup to ${expressionText(fields["addr"] ?? null)}${fields["dev"] === undefined ? "" : ` device "${word(fields["dev"])}"`}`,
  flow: (_, fields) => `flow ${textOf(fields["op"]) ?? "add"} ${word(fields["flowtable"])}`,
  synproxy: (body, fields) => objectText("synproxy", body) ?? synproxyText(fields),
  "ct helper": (body) => `ct helper set "${word(body)}"`,
  "ct timeout": (body) => `ct timeout set "${word(body)}"`,
  "ct expectation": (body) => `ct expectation set "${word(body)}"`,
  secmark: (body) => `meta secmark set "${word(body)}"`,
  reset: (body) => `reset ${expressionText(body)}`,
  xt: (_, fields) => `xt ${textOf(fields["type"]) ?? "extension"} "${textOf(fields["name"]) ?? "unnamed"}"`,
  last: () => "last",
};

function word(value: Json | undefined): string {
  return value === undefined || value === null ? "" : expressionText(value);
}

function over(fields: Fields): string {
  return fields["inv"] === true ? "over " : "";
}

/** `counter name "http"`, or by map: `counter name ip saddr map @clients`. */
function objectText(kind: string, body: Json): string | undefined {
  if (typeof body === "string") return `${kind} name "${body}"`;
  const map = tagged(body);
  return map?.kind === "map" ? `${kind} name ${expressionText(body)}` : undefined;
}

function matchText({ op, left = null, right = null }: Fields): string {
  const operator = textOf(op) ?? "==";
  const bits = binaryOf(left) !== undefined || isBitmask(left);
  const written = operator === "in" || (operator === "==" && (!bits || isSet(right))) ? "" : `${operator} `;
  const needed = operator === "==" && binaryOf(left) !== undefined ? "== " : written;
  const flags = Array.isArray(right) && (operator === "in" || operator === "!");
  const operand = flags ? right.map(expressionText).join(",") : operandText(right, left);
  return `${expressionText(left)} ${needed}${operand}`;
}

/** Types of which nft tests single bits where no operator stands: there `==` must be spelled out. */
function isBitmask(left: Json): boolean {
  const { kind, fields }: { kind: string; fields: Fields } = tagged(left) ?? { kind: "", fields: {} };
  if (kind === "payload") return fields["protocol"] === "tcp" && fields["field"] === "flags";
  return kind === "ct" && ["state", "status", "label"].includes(textOf(fields["key"]) ?? "");
}

function isSet(value: Json): boolean {
  return tagged(value)?.kind === "set" || (typeof value === "string" && value.startsWith("@"));
}

function limitText(fields: Fields): string {
  const unit = textOf(fields["rate_unit"]);
  const rate = `limit rate ${over(fields)}${word(fields["rate"])}${unit === undefined || unit === "packets" ? "" : ` ${unit}`}/${textOf(fields["per"]) ?? "second"}`;
  if (fields["burst"] === undefined) return rate;
  return `${rate} burst ${word(fields["burst"])} ${textOf(fields["burst_unit"]) ?? "packets"}`;
}

function logText(fields: Fields): string {
  const optional = (name: string): string[] =>
    fields[name] === undefined ? [] : [`${name} ${word(fields[name])}`];
  return [
    "log",
    ...(fields["prefix"] === undefined ? [] : [`prefix "${word(fields["prefix"])}"`]),
    ...["group", "snaplen", "queue-threshold", "level"].flatMap(optional),
    ...listOf(fields["flags"]).map((flag) => `flags ${word(flag)}`),
  ].join(" ");
}

function rejectText(fields: Fields): string {
  const type = textOf(fields["type"]);
  const code = word(fields["expr"]);
  if (type === undefined) return "reject";
  if (type === "tcp reset") return "reject with tcp reset";
  return code === "port-unreachable" && type === "icmpx" ? "reject" : `reject with ${type} ${code}`;
}

function translationText(kind: string, fields: Fields): string {
  const { addr, port } = fields;
  const six = (text: string): string => (text.includes(":") && port !== undefined ? `[${text}]` : text);
  const range = tagged(addr)?.kind === "range" ? listOf(tagged(addr)?.body) : undefined;
  const address =
    addr === undefined
      ? ""
      : range === undefined
        ? six(word(addr))
        : range.map((end) => six(word(end))).join("-");
  const mapped = tagged(port)?.kind === "map" && addr === undefined;
  const target = `${address}${port === undefined ? "" : `${mapped ? "" : ":"}${word(port)}`}`;
  const family = textOf(fields["family"]);
  const prefix = listOf(fields["type_flags"]).includes("prefix");
  const flags = listOf(fields["flags"]).filter((flag) => flag !== "netmap");
  return [
    kind,
    ...(family === undefined ? [] : [family]),
    ...(prefix ? ["prefix"] : []),
    ...(target === "" ? [] : ["to", target]),
    ...(flags.length === 0 ? [] : [flags.map(word).join(",")]),
  ].join(" ");
}

function updateText(fields: Fields): string {
  return word(fields["elem"]);
}

function perElement(statements: Json | undefined): string {
  return listOf(statements)
    .map((statement) => ` ${statementText(statement)}`)
    .join("");
}

function synproxyText(fields: Fields): string {
  return [
    "synproxy",
    ...["mss", "wscale"].flatMap((name) =>
      fields[name] === undefined ? [] : [`${name} ${word(fields[name])}`],
    ),
    ...listOf(fields["flags"]).map(word),
  ].join(" ");
}

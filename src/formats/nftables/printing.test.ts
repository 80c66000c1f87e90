// The printer's judge is nft itself: what we print is loaded again, and the kernel must hold the same expressions.
import { expect, test } from "vitest";
import { isObject, type Json } from "../json.ts";
import { constructs, skeleton } from "./testing/constructs.ts";
import { hasNft, loadScripts } from "./testing/nft.ts";
import { ruleText } from "./print-statement.ts";
import { parseNftables } from "./ruleset.ts";

interface Exported {
  readonly place: string;
  readonly statements: Json[];
  readonly comment?: string;
}

function rulesOf(json: string): Exported[] {
  const { nftables } = JSON.parse(json) as { nftables: Json[] };
  return nftables.flatMap((object): Exported[] => {
    const rule = isObject(object) ? object["rule"] : undefined;
    if (!isObject(rule)) return [];
    const { family, table, chain, expr, comment } = rule;
    return [
      {
        place: [family, table, chain].map((part) => (typeof part === "string" ? part : "?")).join(" "),
        statements: (expr as Json[]).map(withoutFigures),
        ...(typeof comment === "string" ? { comment } : {}),
      },
    ];
  });
}

/** A counter's figures are not printed. */
function withoutFigures(statement: Json): Json {
  return isObject(statement) && isObject(statement["counter"]) && "packets" in statement["counter"]
    ? { counter: null }
    : statement;
}

/** The kernel keeps no order in a set. */
function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const part = inOrder(inner);
      const sorted =
        Array.isArray(part) && name === "set" ? part.map((one) => JSON.stringify(one)).sort() : part;
      return [name, sorted];
    }),
  );
}

test.runIf(hasNft)("every construct that we print is read by nft as the very same rule", () => {
  const first = loadScripts(
    skeleton,
    constructs.map(([place, rule]) => `add rule ${place} ${rule}\n`).join(""),
  );
  expect(first.errors).toEqual(["", ""]);
  const before = rulesOf(first.json);
  expect(before.length).toBe(constructs.length);
  const printed = before.map((rule) => `add rule ${rule.place} ${ruleText(rule.statements, rule.comment)}\n`);
  const second = loadScripts(skeleton, printed.join(""));
  expect(second.errors).toEqual(["", ""]);
  const inKernel = (rules: readonly Exported[]): Json[] =>
    rules.map((rule) => inOrder([rule.place, ...rule.statements]));
  expect(inKernel(rulesOf(second.json))).toEqual(inKernel(before));
});

test.runIf(hasNft)("a rule's text is what nft itself lists, without figures", () => {
  const { json } = loadScripts(
    skeleton,
    `add rule inet f in iifname "eth*" tcp dport { 22, 80-90 } ct state new counter accept comment "ours"\n`,
    `add rule inet f in meta mark and 0xff == 0x10 log prefix "no: " reject\n`,
    `add rule inet f in tcp flags & (fin|syn) == syn limit rate 10/second burst 5 packets jump a\n`,
  );
  const { tables } = parseNftables({ path: "ruleset.json", text: json });
  const chain = tables.find((table) => table.family === "inet")?.chains.get("in");
  expect(chain?.rules.map((rule) => rule.text)).toEqual([
    `iifname "eth*" tcp dport { 22, 80-90 } ct state new counter accept comment "ours"`,
    `meta mark & 0x000000ff == 0x00000010 log prefix "no: " reject`,
    `tcp flags & (fin | syn) == syn limit rate 10/second burst 5 packets jump a`,
  ]);
});

// Small exports for tests, as nft 1.0.6 writes them, read in one call.
import { Problem, type Unknown } from "../../../problem.ts";
import type { Rule } from "../../../rules/rule.ts";
import type { Json } from "../../json.ts";
import { parseNftables, type NftablesRuleset } from "../ruleset.ts";

export const read = (...objects: Json[]): NftablesRuleset =>
  parseNftables({ path: "ruleset.json", text: JSON.stringify({ nftables: objects }) });

export const table: Json = { table: { family: "inet", name: "filter", handle: 1 } };
export const chain = (name: string, more: Record<string, Json> = {}): Json => ({
  chain: { family: "inet", table: "filter", name, handle: 2, ...more },
});
export const input = chain("input", { type: "filter", hook: "input", prio: -5, policy: "drop" });
export const rule = (...expr: Json[]): Json => ({
  rule: { family: "inet", table: "filter", chain: "input", handle: 7, expr },
});
export const dport = (right: Json, op = "=="): Json => ({
  match: { op, left: { payload: { protocol: "tcp", field: "dport" } }, right },
});

/** The lowered rules of one input chain. */
export function lowered(...objects: Json[]): { rules: readonly Rule[]; unknowns: readonly Unknown[] } {
  const ruleset = read(table, input, ...objects);
  return { rules: ruleset.tables[0]?.chains.get("input")?.rules ?? [], unknowns: ruleset.unknowns };
}

export function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("no problem was thrown");
}

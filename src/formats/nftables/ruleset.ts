// Reads `nft -j list ruleset` (libnftables-json(5)) into tables of the host model: tables, chains with their hooks, sets
// and maps, rules. Tables of other families are left aside and said so.
import type { Hook, Table } from "../../layers/host/model.ts";
import { Problem, type Origin, type Unknown } from "../../problem.ts";
import type { Match } from "../../rules/match.ts";
import type { Chain, Rule } from "../../rules/rule.ts";
import { isObject, readJson, type Json, type JsonDocument } from "../json.ts";
import type { SourceFile } from "../reader.ts";
import { baseOf, checkJumps, hooks, policyRule } from "./chains.ts";
import { isEarly, piecesSeen, trackedFamilies, type TrackedFamilies } from "./fragments.ts";
import type { NamedSet, Scope } from "./keys.ts";
import { readRule } from "./rules.ts";
import { listOf, numberOf, tagged, textOf, type Fields } from "./shape.ts";

export interface NftablesRuleset {
  readonly tables: readonly Table[];
  readonly unknowns: readonly Unknown[];
  /** nft's own version where the export names it: `1.0.6`. */
  readonly version?: string;
}

/** A table while its objects are collected. */
interface Draft {
  readonly family: Table["family"];
  readonly name: string;
  readonly origin: Origin;
  readonly dormant: boolean;
  readonly chains: Map<
    string,
    { fields: Fields; origin: Origin; rules: { fields: Fields; origin: Origin }[] }
  >;
  readonly sets: Map<string, NamedSet>;
}

const known = new Set(["ip", "ip6", "inet"]);
const others: Readonly<Record<string, string>> = {
  arp: "it sees ARP, no IP packets",
  bridge: "it sees frames that a bridge carries, which Ringwall does not follow",
  netdev: "it stands before everything else at one device, and may drop packets that Ringwall lets pass",
};

/**
 * Reads one export.
 * @throws Problem `syntax` for broken JSON, `reference` for a chain, table or set that is not there, `meaning` for the rest
 * @example parseNftables({ path: "ruleset.json", text: '{"nftables": []}' }).tables
 */
export function parseNftables(file: SourceFile): NftablesRuleset {
  const document = readJson(file);
  const { value } = document;
  const objects = isObject(value) ? value["nftables"] : undefined;
  if (!Array.isArray(objects)) {
    throw new Problem("syntax", "an object with a list “nftables” was expected", {
      origin: document.originOf(value),
      remedy: "export with: nft -j list ruleset",
    });
  }
  const unknowns: Unknown[] = [];
  const drafts = new Map<string, Draft>();
  let version: string | undefined;
  for (const object of objects) {
    const { kind, fields }: { kind: string; fields: Fields } = tagged(object) ?? { kind: "", fields: {} };
    if (kind === "metainfo") version ??= textOf(fields["version"]);
    else collect(document, drafts, unknowns, kind, fields, object);
  }
  const tracked = trackedFamilies(objects);
  const tables = [...drafts.values()].map((draft) => readTable(document, draft, tracked, unknowns));
  return { tables, unknowns, ...(version === undefined ? {} : { version }) };
}

function collect(
  document: JsonDocument,
  drafts: Map<string, Draft>,
  unknowns: Unknown[],
  kind: string,
  fields: Fields,
  object: Json,
): void {
  const family = textOf(fields["family"]) ?? "";
  const name = textOf(kind === "table" ? fields["name"] : fields["table"]) ?? "";
  const origin = document.originOf(object, idOf(kind, fields));
  if (Object.hasOwn(others, family)) {
    const effect = `left aside: ${others[family]}`;
    if (kind === "table") unknowns.push({ origin, what: `table ${family} ${name}`, effect });
    return;
  }
  if (!known.has(family)) {
    unknowns.push({
      origin,
      what: kind === "" ? "an entry without a kind" : kind,
      effect: "left aside: of no family that Ringwall knows",
    });
    return;
  }
  if (kind === "table") {
    addTable(drafts, family, name, fields, origin);
    return;
  }
  const draft = drafts.get(`${family} ${name}`);
  if (draft === undefined) {
    throw new Problem("reference", `there is no table ${family} ${name} before this ${kind}`, {
      origin,
      remedy: "export the whole ruleset: nft -j list ruleset",
    });
  }
  addObject(draft, unknowns, kind, fields, origin);
}

function addTable(
  drafts: Map<string, Draft>,
  family: string,
  name: string,
  fields: Fields,
  origin: Origin,
): void {
  if (drafts.has(`${family} ${name}`)) {
    throw new Problem("reference", `there are two tables ${family} ${name}`, { origin });
  }
  // nft 1.0.6 writes the flag `dormant` by its first letter alone.
  const dormant = listOf(fields["flags"]).some((flag) => flag === "dormant" || flag === "d");
  drafts.set(`${family} ${name}`, {
    family: family === "ip" ? "ip" : family === "ip6" ? "ip6" : "inet",
    name,
    origin,
    dormant,
    chains: new Map(),
    sets: new Map(),
  });
}

/** Objects that rules name and that bear on no verdict of their own. */
const passive = new Set([
  "counter",
  "quota",
  "limit",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "secmark",
  "synproxy",
  "flowtable",
]);

function addObject(draft: Draft, unknowns: Unknown[], kind: string, fields: Fields, origin: Origin): void {
  const name = textOf(fields["name"]) ?? "";
  switch (kind) {
    case "chain":
      if (draft.chains.has(name))
        throw new Problem("reference", `there are two chains ${name} in one table`, { origin });
      draft.chains.set(name, { fields, origin, rules: [] });
      return;
    case "set":
    case "map":
      draft.sets.set(name, { name, elements: listOf(fields["elem"]), lowered: new Map() });
      if (listOf(fields["flags"]).some((flag) => flag === "timeout" || flag === "dynamic")) {
        const effect = "its elements come and go; it is taken as it was exported";
        unknowns.push({ origin, what: `${kind} ${name}`, effect });
      }
      return;
    case "element": {
      const set = draft.sets.get(name);
      if (set === undefined)
        throw new Problem("reference", `there is no set ${name} before these elements`, { origin });
      draft.sets.set(name, { ...set, elements: [...set.elements, ...listOf(fields["elem"])] });
      return;
    }
    case "rule": {
      const chain = draft.chains.get(textOf(fields["chain"]) ?? "");
      if (chain === undefined) {
        throw new Problem(
          "reference",
          `there is no chain ${textOf(fields["chain"]) ?? ""} before this rule`,
          { origin },
        );
      }
      chain.rules.push({ fields, origin });
      return;
    }
    default:
      if (!passive.has(kind)) {
        unknowns.push({
          origin,
          what: `${kind} ${name}`,
          effect: "left aside: Ringwall does not know this kind of object",
        });
      }
  }
}

/** What a person looks for: `inet filter input handle 7`. */
function idOf(kind: string, fields: Fields): string {
  const place = [fields["family"], fields["table"], kind === "rule" ? fields["chain"] : fields["name"]];
  const handle = numberOf(fields["handle"]);
  return [
    ...place.filter((part) => typeof part === "string"),
    ...(handle === undefined || kind !== "rule" ? [] : [`handle ${handle}`]),
  ].join(" ");
}

function readTable(
  document: JsonDocument,
  draft: Draft,
  tracked: TrackedFamilies,
  unknowns: Unknown[],
): Table {
  const table = `${draft.family} ${draft.name}`;
  const chainNames = new Set(draft.chains.keys());
  const chains = new Map<string, Chain>();
  const anyEarly = [...draft.chains.values()].some(({ fields }) => isEarly(fields["prio"]));
  for (const [name, { fields, origin, rules }] of draft.chains) {
    const policy = policyRule(fields, origin);
    // A chain that is jumped to may be reached from an early one.
    const early = fields["hook"] === undefined ? anyEarly : isEarly(fields["prio"]);
    const pieces = piecesSeen(draft.family, tracked, early);
    const read = rules.map((rule): Rule => {
      const scope = ruleScope(document, draft, rule.origin, pieces, unknowns);
      return readRule(scope, chainNames, rule.fields);
    });
    chains.set(name, { name, rules: read, ...(policy === undefined ? {} : { policy }), origin });
  }
  checkJumps(chains, table);
  const bases = draft.dormant
    ? []
    : [...draft.chains].flatMap(([name, { fields, origin }]) => {
        const hook = textOf(fields["hook"]);
        if (hook === undefined || isHook(hook)) return baseOf(name, fields, origin);
        const effect = "left aside: it may drop packets before Ringwall sees them";
        if (!["ingress", "egress"].includes(hook)) {
          throw new Problem("meaning", `netfilter has no hook “${hook}”`, { origin });
        }
        unknowns.push({ origin, what: `chain ${name} at hook ${hook}`, effect });
        return [];
      });
  if (draft.dormant) {
    unknowns.push({
      origin: draft.origin,
      what: `table ${table} is dormant`,
      effect: "its chains see no packets",
    });
  }
  return { engine: "nftables", family: draft.family, name: draft.name, chains, bases, origin: draft.origin };
}

function isHook(name: string): name is Hook {
  return hooks.some((hook) => hook === name);
}

function ruleScope(
  document: JsonDocument,
  draft: Draft,
  origin: Origin,
  pieces: Match,
  unknowns: Unknown[],
): Scope {
  return {
    family: draft.family,
    table: `${draft.family} ${draft.name}`,
    sets: draft.sets,
    origin,
    pieces,
    originOf: (value, id) => ({ ...document.originOf(value), id }),
    fail: (code, message) => {
      throw new Problem(code, message, { origin });
    },
    report: (unknown) => unknowns.push({ origin, ...unknown }),
  };
}

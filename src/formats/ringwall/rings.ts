// Lowers the rings: names for addresses, security groups, network ACLs and packet filters, from their rules as text or
// as mappings. How each ring decides stands in src/layers.
import type { EstatePart, NamedAddresses } from "../../estate/model.ts";
import type { NetworkAcl, NetworkAclEntry } from "../../layers/nacl/model.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../layers/security-group/model.ts";
import {
  allAddresses,
  isAddressSubset,
  prefixSet,
  singleAddress,
  unionOfAddresses,
  type AddressSet,
} from "../../packet/address-set.ts";
import { originText, type Origin } from "../../problem.ts";
import * as test from "../../rules/match.ts";
import type { Action, Chain, Rule } from "../../rules/rule.ts";
import type { Path } from "./document.ts";
import { checkName, entries, many, type Drawing } from "./drawing.ts";
import { checkReferences } from "./references.ts";
import { aclRuleOf, filterRuleOf, groupRuleOf } from "./rule-mapping.ts";
import type { Places } from "./interfaces.ts";
import type { FilterRule } from "./rule-language.ts";
import { anywhere, prefixOf, type Known } from "./terms.ts";

export type Rings = Required<Pick<EstatePart, "names" | "securityGroups" | "networkAcls" | "packetFilters">>;

/** What the addresses in a rule are made from. */
const ruleParts = ["name", "subnet", "place"] as const;

export function lowerRings(drawing: Drawing, places: Places): Rings {
  const names = lowerNames(drawing);
  const known: Known = {
    names: new Map([...names].map(([name, { set }]) => [name, set])),
    subnets: new Map(
      [...places.subnets].map(([name, { prefixes }]) => [name, unionOfAddresses(prefixes.map(prefixSet))]),
    ),
    hosts: new Map(
      [...places.owned].map(([name, interfaces]) => [
        name,
        unionOfAddresses(
          interfaces.flatMap((each) => each.addresses.map(({ address }) => singleAddress(address))),
        ),
      ]),
    ),
  };
  const rings: Rings = {
    names,
    securityGroups: lowerGroups(drawing, places, known),
    networkAcls: lowerAcls(drawing, places, known),
    packetFilters: lowerFilters(drawing, known),
  };
  checkReferences(drawing, rings);
  return rings;
}

function lowerNames(drawing: Drawing): Map<string, NamedAddresses> {
  const names = new Map<string, NamedAddresses>();
  for (const [name, value] of entries(drawing.file.names)) {
    drawing.attempt(() => {
      const path = ["names", name];
      const origin = drawing.document.keyAt(path);
      checkName(drawing, "name for addresses", name, path);
      if (anywhere.includes(name))
        drawing.refuse("reference", `“${name}” has a meaning already: every address`, origin);
      if (/^[\d.]+$/.test(name))
        drawing.refuse("meaning", `“${name}” looks like an address, not like a name`, origin);
      if (drawing.file["security-groups"]?.[name] !== undefined) {
        const group = originText(drawing.document.keyAt(["security-groups", name]));
        drawing.refuse(
          "reference",
          `“${name}” names a security group, too, at ${group}`,
          origin,
          "rename one of the two: a rule could mean either",
        );
      }
      const sets = many(value, path).map((item) =>
        prefixSet(prefixOf(item.value, drawing.failAt(item.path), 0)),
      );
      names.set(name, { id: name, name, tags: {}, origin, set: unionOfAddresses(sets) });
    }, "name");
  }
  return names;
}

function lowerGroups(drawing: Drawing, places: Places, names: Known): Map<string, SecurityGroup> {
  const section = drawing.file["security-groups"];
  const known: Known = { ...names, groups: new Set(Object.keys(section ?? {})) };
  const { document } = drawing;
  const networks = new Map(
    [...places.interfaces.values()].flatMap((each) =>
      each.securityGroups.map((group) => [group, places.subnets.get(each.subnet)?.network ?? ""] as const),
    ),
  );
  const groups = new Map<string, SecurityGroup>();
  for (const [name, group] of entries(section)) {
    const path = ["security-groups", name];
    drawing.attempt(() => checkName(drawing, "security group", name, path));
    const rules = (direction: "in" | "out", side: "from" | "to"): SecurityGroupRule[] =>
      many<string | object>(group[direction], [...path, direction]).flatMap(
        (item, at) =>
          drawing.attempt(
            () => {
              const { what, who } = groupRuleOf(drawing, item.value, item.path, side, known);
              const origin = document.valueAt(item.path, `${name} ${direction} ${at + 1}`);
              const text = document.textAt(item.path);
              return who.map((peer) => ({ ...what, peer, origin, text }));
            },
            undefined,
            ruleParts,
          ) ?? [],
      );
    const open: SecurityGroupRule = {
      protocol: "any",
      peer: { kind: "addresses", set: allAddresses },
      origin: document.keyAt(path, `${name} out default`),
      text: "all to anywhere (the default, since “out” is not given)",
    };
    const network = networks.get(name) ?? [...places.networks.keys()][0] ?? "";
    groups.set(name, {
      id: name,
      name,
      network,
      inbound: rules("in", "from"),
      outbound: group.out === undefined ? [open] : rules("out", "to"),
      tags: {},
      origin: document.keyAt(path),
    });
  }
  return groups;
}

/** The number that a rule is written under; AWS takes 1 to 32766 for its ACLs. */
function ruleNumber(drawing: Drawing, key: string, path: Path, last: number): number {
  const number = /^[1-9]\d{0,9}$/.test(key) ? Number(key) : Number.NaN;
  if (number <= last) return number;
  const remedy = key === "*" ? "the closing “* deny” is always there, and is not written" : undefined;
  return drawing.refuse(
    "meaning",
    `a rule's number from 1 to ${last} was expected, not “${key}”`,
    drawing.document.keyAt(path),
    remedy,
  );
}

function lowerAcls(drawing: Drawing, places: Places, known: Known): Map<string, NetworkAcl> {
  const { document } = drawing;
  const acls = new Map<string, NetworkAcl>();
  for (const [name, acl] of entries(drawing.file["network-acls"])) {
    const path = ["network-acls", name];
    drawing.attempt(() => checkName(drawing, "network ACL", name, path));
    const rules = (direction: "in" | "out", side: "from" | "to"): NetworkAclEntry[] =>
      entries(acl[direction])
        .flatMap(([key, rule]) => {
          const at = [...path, direction, key];
          return (
            drawing.attempt(
              () => {
                const number = ruleNumber(drawing, key, at, 32766);
                const { action, what, peer } = aclRuleOf(drawing, rule, at, side, known);
                const origin = document.keyAt(at, `${name} ${direction} ${number}`);
                return [{ number, action, ...what, peer, origin, text: `${number}: ${document.textAt(at)}` }];
              },
              undefined,
              ruleParts,
            ) ?? []
          );
        })
        .toSorted((a, b) => a.number - b.number);
    const subnet = [...places.subnets.values()].find((each) => each.networkAcl === name);
    acls.set(name, {
      id: name,
      name,
      network: subnet?.network ?? [...places.networks.keys()][0] ?? "",
      inbound: rules("in", "from"),
      outbound: rules("out", "to"),
      tags: {},
      origin: document.keyAt(path),
    });
  }
  return acls;
}

const actions = {
  allow: { kind: "accept" },
  deny: { kind: "drop" },
  reject: { kind: "reject" },
} as const satisfies Record<string, Action>;

type FilterRules = readonly (string | object)[] | Readonly<Record<string, string | object>>;

function lowerFilters(drawing: Drawing, known: Known): Map<string, PacketFilter> {
  const { document } = drawing;
  const filters = new Map<string, PacketFilter>();
  for (const [name, filter] of entries(drawing.file["packet-filters"])) {
    const path = ["packet-filters", name];
    drawing.attempt(() => {
      checkName(drawing, "packet filter", name, path);
      const origin = document.keyAt(path);
      const policy: Rule = {
        match: test.always,
        actions: [actions[filter.default]],
        origin: document.valueAt([...path, "default"], `${name} default`),
        text: `default: ${filter.default}`,
      };
      const chain = (key: "rules" | "in" | "out", rules: FilterRules): Chain => ({
        name: key === "rules" ? name : `${name} ${key}`,
        rules: lowerFilterRules(
          drawing,
          known,
          rules,
          [...path, key],
          key === "rules" ? name : `${name} ${key}`,
        ),
        policy,
        origin: document.keyAt([...path, key]),
      });
      const about = { id: name, name, stateful: filter.stateful, origin };
      if (filter.rules !== undefined) {
        const beside = filter.in === undefined ? (filter.out === undefined ? undefined : "out") : "in";
        if (beside !== undefined)
          drawing.refuse(
            "meaning",
            `“${beside}” stands beside “rules”, which is for both directions`,
            document.keyAt([...path, beside]),
            "give “rules”, or “in” and “out”",
          );
        const both = chain("rules", filter.rules);
        filters.set(name, { ...about, inbound: both, outbound: both });
        return;
      }
      if (filter.in === undefined || filter.out === undefined)
        return drawing.refuse(
          "meaning",
          filter.in === undefined && filter.out === undefined
            ? `packet filter “${name}” has no rules`
            : `packet filter “${name}” has rules for one direction only`,
          origin,
          "give “rules” for both directions, or “in” and “out”; an empty list leaves a direction to the default",
        );
      filters.set(name, { ...about, inbound: chain("in", filter.in), outbound: chain("out", filter.out) });
    }, "packet filter");
  }
  return filters;
}

function lowerFilterRules(
  drawing: Drawing,
  known: Known,
  rules: FilterRules,
  path: Path,
  ring: string,
): Rule[] {
  const { document } = drawing;
  const numbered = Array.isArray(rules)
    ? rules.map((value: string | object, at) => ({
        value,
        number: at + 1,
        path: [...path, at],
        key: undefined,
      }))
    : Object.entries(rules).flatMap(([key, value]) => {
        const at = [...path, key];
        const number = drawing.attempt(() => ruleNumber(drawing, key, at, 2147483647));
        return number === undefined ? [] : [{ value, number, path: at, key }];
      });
  return numbered
    .toSorted((a, b) => a.number - b.number)
    .flatMap((item) => {
      const rule = drawing.attempt(
        () => filterRuleOf(drawing, item.value, item.path, known),
        undefined,
        ruleParts,
      );
      if (rule === undefined) return [];
      const id = `${ring} ${item.number}`;
      const origin: Origin =
        item.key === undefined ? document.valueAt(item.path, id) : document.keyAt(item.path, id);
      const written = document.textAt(item.path);
      const text = item.key === undefined ? written : `${item.number}: ${written}`;
      return [{ match: filterMatch(rule), actions: [actions[rule.action]], origin, text }];
    });
}

function filterMatch(rule: FilterRule): test.Match {
  const numbers = (field: test.NumberField, value: number | undefined): test.Match =>
    value === undefined ? test.always : { kind: "number", field, set: [value, value] };
  const addresses = (make: (set: AddressSet) => test.Match, set: AddressSet): test.Match =>
    isAddressSubset(allAddresses, set) ? test.always : make(set);
  return test.all(
    rule.protocol === "any" ? test.always : test.protocol(rule.protocol),
    addresses(test.source, rule.source),
    addresses(test.destination, rule.destination),
    rule.sourcePorts === undefined ? test.always : test.sourcePorts(rule.sourcePorts),
    rule.destinationPorts === undefined ? test.always : test.destinationPorts(rule.destinationPorts),
    numbers("icmp-type", rule.icmp?.type),
    numbers("icmp-code", rule.icmp?.code),
    rule.flags === undefined ? test.always : { kind: "tcp-flags", ...rule.flags },
    rule.fragments === true ? { kind: "fragment", is: "later" } : test.always,
    ...rule.interfaces,
  );
}

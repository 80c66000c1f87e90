// Rules written as mappings (`{ protocol: tcp, ports: 443, from: office }`), or as text, which rule-language.ts reads:
// both become the same parts.
import { allAddresses, unionOfAddresses, type AddressSet } from "../../packet/address-set.ts";
import { fromPairs, type NumberSet } from "../../packet/intervals.ts";
import { portDomain } from "../../packet/protocol.ts";
import type { Path } from "./document.ts";
import { many, type Drawing } from "./drawing.ts";
import {
  parseAclRule,
  parseFilterRule,
  parseGroupRule,
  type FilterRule,
  type What,
} from "./rule-language.ts";
import {
  flagsOf,
  icmpOf,
  interfaceMatch,
  portless,
  portPair,
  protocolOf,
  whoOf,
  type Known,
  type Who,
} from "./terms.ts";

/** A rule's mapping after the schema has checked its keys: every value is text, a number, a boolean or a list. */
class Fields {
  readonly drawing: Drawing;
  readonly rule: ReadonlyMap<string, unknown>;
  readonly path: Path;

  constructor(drawing: Drawing, rule: object, path: Path) {
    this.drawing = drawing;
    this.rule = new Map(Object.entries(rule));
    this.path = path;
  }

  texts(key: string): { value: string; path: Path }[] {
    return many<unknown>(this.rule.get(key), [...this.path, key]).map((item) => ({
      value: String(item.value),
      path: item.path,
    }));
  }

  text(key: string): string | undefined {
    return this.texts(key)[0]?.value;
  }

  fail(key: string) {
    return this.drawing.failAt([...this.path, key]);
  }

  protocol(): number | "any" {
    return protocolOf(this.text("protocol") ?? "all", this.fail("protocol"), 0);
  }

  ports(key: string, protocol: number | "any"): NumberSet | undefined {
    const texts = this.texts(key);
    if (texts.length === 0) return undefined;
    portless(protocol, this.fail(key), 0);
    const pairs = texts.flatMap((item) =>
      item.value.split(",").map((text) => portPair(text.trim(), this.drawing.failAt(item.path), 0)),
    );
    return fromPairs(portDomain, pairs);
  }

  what(): What {
    const protocol = this.protocol();
    const ports = this.ports("ports", protocol);
    const icmp = this.text("icmp");
    return {
      protocol,
      ...(ports === undefined ? {} : { ports }),
      ...(icmp === undefined ? {} : { icmp: icmpOf(icmp, protocol, this.fail("icmp"), 0) }),
    };
  }

  who(key: string, known: Known): Who[] {
    return this.texts(key).map((item) => whoOf(item.value.trim(), known, this.drawing.failAt(item.path), 0));
  }

  /** The addresses of an end; every address where it is left out. */
  addresses(key: string, known: Known): AddressSet {
    const who = this.who(key, known);
    if (who.length === 0) return allAddresses;
    return unionOfAddresses(who.flatMap((each) => (each.kind === "addresses" ? [each.set] : [])));
  }
}

export function groupRuleOf(
  drawing: Drawing,
  rule: string | object,
  path: Path,
  side: "from" | "to",
  known: Known,
) {
  if (typeof rule === "string") return parseGroupRule(rule, side, known, drawing.failAt(path));
  const fields = new Fields(drawing, rule, path);
  return { what: fields.what(), who: fields.who(side, known) };
}

export function aclRuleOf(
  drawing: Drawing,
  rule: string | object,
  path: Path,
  side: "from" | "to",
  known: Known,
) {
  if (typeof rule === "string") return parseAclRule(rule, side, known, drawing.failAt(path));
  const fields = new Fields(drawing, rule, path);
  const action: "allow" | "deny" = fields.text("action") === "allow" ? "allow" : "deny";
  return { action, what: fields.what(), peer: fields.addresses(side, known) };
}

export function filterRuleOf(drawing: Drawing, rule: string | object, path: Path, known: Known): FilterRule {
  if (typeof rule === "string") return parseFilterRule(rule, known, drawing.failAt(path));
  const fields = new Fields(drawing, rule, path);
  const what = fields.what();
  const sourcePorts = fields.ports("from-ports", what.protocol);
  const destinationPorts = fields.ports("to-ports", what.protocol);
  const flags = fields.text("flags");
  const action = fields.text("action");
  return {
    action: action === "allow" || action === "reject" ? action : "deny",
    protocol: what.protocol,
    ...(what.icmp === undefined ? {} : { icmp: what.icmp }),
    source: fields.addresses("from", known),
    destination: fields.addresses("to", known),
    ...(sourcePorts === undefined ? {} : { sourcePorts }),
    ...(destinationPorts === undefined ? {} : { destinationPorts }),
    ...(flags === undefined ? {} : { flags: flagsOf(flags, what.protocol, fields.fail("flags"), 0) }),
    ...(fields.text("fragments") === "true" ? { fragments: true } : {}),
    interfaces: (["in", "out"] as const).flatMap((side) => {
      const name = fields.text(side);
      return name === undefined ? [] : [interfaceMatch(side, name)];
    }),
  };
}

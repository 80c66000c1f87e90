// Firewalls for the tests of this folder, built by hand: chains of rules at hooks, addresses, routes.
import { parsePrefix, type Address } from "../../packet/address.ts";
import { parseAddress } from "../../packet/address.ts";
import { Problem } from "../../problem.ts";
import { always, type Match } from "../../rules/match.ts";
import type { Action, Chain, Rule } from "../../rules/rule.ts";
import type { HostFirewall, HostRoute, Hook, LocalAddress, Table } from "./model.ts";

const origin = { file: "host.rules", line: 1 };

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Problem("syntax", `“${text}” is no address`);
  return parsed;
}

export function rule(text: string, match: Match, ...actions: Action[]): Rule {
  return { match, actions, origin: { file: "host.rules", line: 7 }, text };
}

export interface ChainSketch {
  readonly hook: Hook;
  readonly priority: number;
  readonly type?: "filter" | "nat" | "route";
  readonly policy?: "accept" | "drop";
  readonly rules?: readonly Rule[];
}

/** A table of base chains, each named after its hook in capitals, as iptables does. */
export function table(name: string, sketches: readonly ChainSketch[], more: Partial<Table> = {}): Table {
  const chains = new Map<string, Chain>();
  const bases = sketches.map(({ hook, priority, type = "filter", policy = "accept", rules = [] }, at) => {
    const chain = chains.has(hook.toUpperCase()) ? `${hook.toUpperCase()}-${at}` : hook.toUpperCase();
    const closing: Rule = {
      match: always,
      actions: [{ kind: policy }],
      origin,
      text: `:${chain} ${policy.toUpperCase()}`,
    };
    chains.set(chain, { name: chain, rules, policy: closing, origin });
    return { chain, hook, priority, type };
  });
  return { engine: "iptables", family: "ip", name, chains, bases, origin, ...more };
}

/** A host; addresses as `eth0 192.0.2.10/24`, routes as `0.0.0.0/0 eth0` or `10.9.0.0/16 blackhole`. */
export function host(
  tables: readonly Table[],
  addresses: readonly string[] = [],
  routes: readonly string[] = [],
): HostFirewall {
  return {
    name: "db-1",
    tables,
    addresses: addresses.map(localAddress),
    routes: routes.map(hostRoute),
    unknowns: [],
    origin,
  };
}

function localAddress(text: string): LocalAddress {
  const [device = "", where = ""] = text.split(" ");
  const [written = "", length = "32"] = where.split("/");
  return { device, address: address(written), length: Number(length), origin };
}

function hostRoute(text: string): HostRoute {
  const [where = "", target = "", via] = text.split(" ");
  const destination = parsePrefix(where);
  if (destination === undefined) throw new Problem("syntax", `“${where}” is no prefix`);
  const refuses = target === "blackhole" || target === "unreachable" || target === "prohibit";
  return {
    destination,
    ...(refuses ? { type: target } : { type: "unicast", device: target }),
    ...(via === undefined ? {} : { via: address(via) }),
    metric: 0,
    origin,
  };
}

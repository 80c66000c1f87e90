// Puts the parts that readers found together into one estate. Two things with one id are an error that names both.
import { Problem, originText, type Origin } from "../problem.ts";
import type { Estate, EstatePart } from "./model.ts";

/** @throws Problem `reference` where two parts hold different things under one id */
export function mergeEstate(name: string, parts: readonly EstatePart[]): Estate {
  const merge = <T extends { readonly origin: Origin }>(
    kind: string,
    pick: (part: EstatePart) => ReadonlyMap<string, T> | undefined,
  ): Map<string, T> => {
    const merged = new Map<string, T>();
    for (const [id, item] of parts.flatMap((part) => [...(pick(part) ?? [])])) {
      const before = merged.get(id);
      if (before !== undefined) {
        throw new Problem(
          "reference",
          `there are two of ${kind} ${id}: the first stands at ${originText(before.origin)}`,
          { origin: item.origin, remedy: "rename one of them, or read only one of the two files" },
        );
      }
      merged.set(id, item);
    }
    return merged;
  };
  const [settings, second] = parts.flatMap((part) => part.settings ?? []);
  if (second !== undefined) {
    throw new Problem(
      "reference",
      `there are two drawings with settings: the first stands at ${originText(settings?.origin ?? second.origin)}`,
      { origin: second.origin, remedy: "keep tiers, lint and the like in one ringwall.yaml" },
    );
  }
  return {
    name,
    ...(settings === undefined ? {} : { settings }),
    networks: merge("network", (part) => part.networks),
    subnets: merge("subnet", (part) => part.subnets),
    interfaces: merge("interface", (part) => part.interfaces),
    hosts: merge("host", (part) => part.hosts),
    securityGroups: merge("security group", (part) => part.securityGroups),
    networkAcls: merge("network ACL", (part) => part.networkAcls),
    packetFilters: merge("packet filter", (part) => part.packetFilters),
    routeTables: merge("route table", (part) => part.routeTables),
    gateways: merge("gateway", (part) => part.gateways),
    loadBalancers: merge("load balancer", (part) => part.loadBalancers),
    prefixLists: merge("prefix list", (part) => part.prefixLists),
    names: merge("name", (part) => part.names),
    policies: parts.flatMap((part) => part.policies ?? []),
    unknowns: parts.flatMap((part) => part.unknowns ?? []),
    sources: [...new Set(parts.flatMap((part) => part.sources ?? []))],
  };
}

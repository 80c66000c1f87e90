// What was read, as JSON: counts, names and the unknowns. Not the rules themselves: those stand in their own files.
import type { Estate, Place } from "../../estate/model.ts";
import { originJson } from "./trace-json.ts";

export function estateJson(estate: Estate) {
  const named = (places: ReadonlyMap<string, Place>) =>
    [...places.values()].map(({ id, name }) => ({ id, name }));
  return {
    schema: "ringwall.estate/1",
    name: estate.name,
    networks: named(estate.networks),
    subnets: named(estate.subnets),
    hosts: named(estate.hosts),
    interfaces: named(estate.interfaces),
    loadBalancers: named(estate.loadBalancers),
    gateways: [...estate.gateways.values()].map(({ id, name, kind }) => ({ id, name, kind })),
    securityGroups: [...estate.securityGroups.values()].map(({ id, name, inbound, outbound }) => ({
      id,
      name,
      inbound: inbound.length,
      outbound: outbound.length,
    })),
    networkAcls: [...estate.networkAcls.values()].map(({ id, name, inbound, outbound }) => ({
      id,
      name,
      inbound: inbound.length,
      outbound: outbound.length,
    })),
    packetFilters: [...estate.packetFilters.values()].map(({ id, name, stateful }) => ({
      id,
      name,
      stateful,
    })),
    policies: estate.policies.map(({ kind, name, namespace }) => ({
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    })),
    sources: [...estate.sources],
    unknowns: estate.unknowns.map(({ origin, what, effect }) => ({
      origin: originJson(origin),
      what,
      effect,
    })),
  };
}

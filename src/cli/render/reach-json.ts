// What reaches what as JSON: schemas/reach.schema.json. Computes nothing.
import { formatPrefix } from "../../packet/address.ts";
import { prefixesOf } from "../../packet/address-set.ts";
import { pairsOf } from "../../packet/intervals.ts";
import type { EndClass, PairReach, Reach, Service } from "../../questions/reach/model.ts";
import { flowText } from "../../questions/reach/service-text.ts";
import type { ReachDocument, ServiceDocument } from "./reach-schema.ts";
import { causeText, originJson } from "./trace-json.ts";

export function reachJson(estate: string, reach: Reach, rings: boolean): ReachDocument {
  return {
    schema: "ringwall.reach/1",
    estate,
    classes: reach.classes.map(endJson),
    pairs: reach.pairs.map((pair) => pairJson(pair, rings)),
    unknowns: reach.unknowns.map(({ what, effect, origin }) => ({
      what,
      effect,
      origin: originJson(origin),
    })),
  };
}

function endJson(end: EndClass): ReachDocument["classes"][number] {
  return {
    id: end.id,
    kind: end.kind,
    name: end.name,
    ...(end.kind === "inside" ? { interfaces: [...end.interfaces] } : {}),
    addresses: prefixesOf(end.addresses).map(formatPrefix),
    ...(end.kind === "inside" && end.tier !== undefined ? { tier: end.tier } : {}),
  };
}

function pairJson(pair: PairReach, rings: boolean): ReachDocument["pairs"][number] {
  return {
    from: pair.from.id,
    to: pair.to.id,
    family: pair.family,
    allowed: pair.allowed.services().map(serviceJson),
    depends: pair.depends.services().map(serviceJson),
    dependsOn: [...new Set(pair.causes.map(causeText))],
    oneWay: pair.oneWay.services().map(serviceJson),
    via: [...pair.via],
    ...(rings
      ? {
          rings: pair.rings().map((share) => ({
            leg: share.leg,
            layer: share.layer,
            place: share.place,
            ring: share.ring,
            lets: share.lets.services().map(serviceJson),
            perhaps: share.perhaps.services().map(serviceJson),
            rules: share.rules.map((rule) => ({ text: rule.text, origin: originJson(rule.origin) })),
            ...(share.why === undefined ? {} : { why: share.why }),
          })),
        }
      : {}),
  };
}

export function serviceJson(service: Service): ServiceDocument {
  const { protocol, destinationPorts, sourcePorts, icmp } = service;
  return {
    text: flowText(service),
    protocol,
    ...(destinationPorts === undefined ? {} : { destinationPorts: pairsOf(destinationPorts) }),
    ...(sourcePorts === undefined ? {} : { sourcePorts: pairsOf(sourcePorts) }),
    ...(icmp === undefined ? {} : { icmpTypes: pairsOf(icmp.types) }),
    ...(icmp?.codes === undefined ? {} : { icmpCodes: pairsOf(icmp.codes) }),
  };
}

// The connection lists that another analyser expects of its clusters, made from reach's sets: what its walk, its policies
// as sets, and its classes come to for every pair of workloads and every range outside.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { EstatePart } from "../../estate/model.ts";
import {
  exceptions,
  expectedReport,
  joined,
  ourReport,
  present,
  root,
} from "../../formats/kubernetes/testing/connection-lists.ts";
import { allowedConnections, type AllowedPorts, type Party } from "../../layers/network-policy/connlist.ts";
import { intersectAddresses, isEmptyAddresses } from "../../packet/address-set.ts";
import { SCTP, TCP, UDP } from "../../packet/protocol.ts";
import { reachability, type Engine } from "./engine.ts";
import type { EndClass } from "./model.ts";

interface Count {
  reached: number;
  besides: number;
}

/** Lists name ranges that no class stands for (multicast, the pods' own prefixes): these alone are asked of the policies. */
function byReach(count: Count): (part: EstatePart) => (from: Party, to: Party) => readonly AllowedPorts[] {
  return (part) => {
    const engine = reachability(mergeEstate("cluster", [part]));
    return (from, to) => {
      const pairs = classesOf(engine, from).flatMap((a) => classesOf(engine, to).map((b) => [a, b] as const));
      if (pairs.length === 0) {
        count.besides += 1;
        return allowedConnections(part.policies ?? [], from, to);
      }
      count.reached += 1;
      const lists = pairs.map(([a, b]) => portsBetween(engine, a, b));
      const [first = []] = lists;
      // A range is one by what policies say; its classes must agree.
      expect(new Set(lists.map((list) => JSON.stringify(list))).size).toBe(1);
      return first;
    };
  };
}

function classesOf(engine: Engine, party: Party): EndClass[] {
  if (party.endpoint !== undefined) {
    const own = engine.classOf(party.endpoint);
    return own === undefined ? [] : [own];
  }
  const within = engine.outside.filter(
    (one) =>
      one.addresses.v4.length > 0 && !isEmptyAddresses(intersectAddresses(one.addresses, party.addresses)),
  );
  // The lists take no address outside for a node's; a private address that no pod has may be one, and then it is exempt.
  const internet = within.filter((one) => one.internet);
  return internet.length > 0 ? internet : within;
}

/** Beside the differences that the policies' own lists have. */
const walked: Readonly<Record<string, string>> = {
  udn_with_vm_and_ingress_controller:
    "the ingress controller stands in the pod network and the machine in a primary network of its own: the list counts" +
    " policies alone, and the walk knows no way from the one network into the other",
};

function portsBetween(engine: Engine, from: EndClass, to: EndClass): AllowedPorts[] {
  const { space } = engine;
  const pair = engine.pair(from, to, 4);
  return [SCTP, TCP, UDP].map((protocol) => ({
    protocol,
    allowed:
      pair === undefined
        ? []
        : space.numbersOf(
            space.intersectionOf([
              pair.allowed.set,
              space.number("protocol", [protocol, protocol]),
              // Kubernetes' ports begin at 1.
              space.number("destination-port", [1, 65535]),
            ]),
            "destination-port",
          ),
    depends: [],
    causes: [],
  }));
}

describe.runIf(present)("the connection lists of netpol-analyzer's cases, through reach", () => {
  const folders = present ? readdirSync(root).sort() : [];

  test.each(folders.filter((folder) => !Object.hasOwn(exceptions, folder) && !Object.hasOwn(walked, folder)))(
    "%s",
    (name) => {
      const folder = new URL(`${name}/`, root);
      const expected = expectedReport(readFileSync(new URL("expected.connlist.txt", folder), "utf8"));
      const count: Count = { reached: 0, besides: 0 };
      expect(joined(ourReport(folder, byReach(count)))).toEqual(joined(expected));
      // Ranges beside the classes are the fewer ones.
      expect(count.reached).toBeGreaterThanOrEqual(count.besides);
    },
  );

  test("61 of 63 are equal, and the exceptions are there and have their reasons", () => {
    const named = [...Object.entries(exceptions), ...Object.entries(walked)];
    expect(named.every(([folder, reason]) => folders.includes(folder) && reason.length > 20)).toBe(true);
    expect([folders.length, named.length]).toEqual([63, 2]);
  });
});

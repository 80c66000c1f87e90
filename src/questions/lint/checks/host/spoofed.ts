// RW518: packets that come from outside with an address of the inside, or of the host itself.
import type { HostFirewall } from "../../../../layers/host/model.ts";
import {
  addressSet,
  isEmptyAddresses,
  ofFamily,
  unionOfAddresses,
  type AddressSet,
} from "../../../../packet/address-set.ts";
import type { Family } from "../../../../packet/address.ts";
import { anyPort, TCP } from "../../../../packet/protocol.ts";
import { internetAddresses } from "../../../../packet/special.ts";
import { source, all, type Match } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import { assignmentOf } from "../../../matrix/assignment.ts";
import { editHostChain, withRule } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { isWorldwide } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import {
  exampleFrom,
  families,
  gateOf,
  guardedHosts,
  mainChain,
  packetsOf,
  subjectOf,
  toPorts,
} from "./gates.ts";
import { loopbackReference } from "./references.ts";

const ownLoopback = addressSet("127.0.0.0/8", "::1/128");

export const spoofedSource: Check = {
  number: "RW518",
  name: "spoofed-source",
  title: "A host trusts addresses of its inside that come from outside",
  severity: "low",
  why:
    "The sender writes the source address. A rule that trusts the inner network by its address alone is open to whoever forges it " +
    "on the outer side, unless the kernel's reverse path filter (rp_filter) happens to be on.",
  references: [
    {
      title: "RFC 3704 (BCP 84), ingress filtering for multihomed networks, 2.2",
      url: "https://www.rfc-editor.org/rfc/rfc3704",
    },
    loopbackReference,
  ],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const hook of ["input", "forward"] as const)
        for (const family of families) {
          const gate = gateOf(guarded.firewall, family);
          const hooked = gate === undefined ? undefined : mainChain(gate.chains[hook]);
          if (gate === undefined || hooked === undefined) continue;
          const { space } = gate;
          for (const { device, inside } of outsides(guarded.firewall, family)) {
            const comes =
              device === undefined
                ? gate.strange(hook)
                : // An interface that no rule names is treated as every such interface is.
                  space.inInterface(device, false);
            const opening = space.intersectionOf([
              packetsOf(gate, TCP, "new"),
              comes,
              toPorts(gate, anyPort),
            ]);
            const { may } = gate.through(
              hook,
              space.and(opening, space.address("source", internetAddresses)),
            );
            const forged = gate.through(hook, space.and(opening, space.address("source", inside))).must;
            // What strangers get anyway is no matter of trust.
            const trusted = space.and(
              forged,
              space.not(space.number("destination-port", space.numbersOf(may, "destination-port"))),
            );
            const packet = exampleFrom(gate, trusted);
            if (packet === undefined) continue;
            const way = device ?? "interfaces other than lo";
            yield {
              subject: subjectOf(guarded, `${hook} ${family} from ${device ?? "loopback addresses"}`),
              // Linux itself drops loopback addresses that come from elsewhere, unless route_localnet is on.
              severity: device === undefined ? "note" : "low",
              title: `${hooked.base.chain} of ${guarded.host.name} trusts ${device === undefined ? "loopback addresses" : "addresses of its inside"} that come by ${way}`,
              origins: [hooked.chain.origin],
              witness: {
                packet: exampleOf(packet),
                seen: `it comes by ${way}, and ${hooked.base.chain} accepts it for its source address`,
              },
              remedy: {
                text: `drop such sources by ${way} as the first rule of ${hooked.base.chain}, or name the inner interface in the rules that trust them`,
                edit: editHostChain(
                  guarded.host.id,
                  hooked.table,
                  hooked.base.chain,
                  withRule(refusal(inside, device), hooked.chain.rules[0]),
                ),
              },
            };
          }
        }
  },
};

/** Where strangers come from, and the addresses that can't: behind the default route, and everywhere but loopback. */
function outsides(
  firewall: HostFirewall,
  family: Family,
): readonly { readonly device: string | undefined; readonly inside: AddressSet }[] {
  const assignment = assignmentOf(firewall);
  const outer = assignment.filter(({ sources }) => isWorldwide(ofFamily(sources, family)));
  const inner = assignment.filter((item) => !outer.includes(item) && item.device !== "lo");
  const inside = ofFamily(unionOfAddresses(inner.map(({ sources }) => sources)), family);
  return [
    { device: undefined, inside: ofFamily(ownLoopback, family) },
    ...(isEmptyAddresses(inside) ? [] : outer.map(({ device }) => ({ device, inside }))),
  ];
}

function refusal(inside: AddressSet, device: string | undefined): Rule {
  const way: Match =
    device === undefined
      ? { kind: "not", match: { kind: "interface", direction: "in", name: "lo", prefix: false } }
      : { kind: "interface", direction: "in", name: device, prefix: false };
  return {
    match: all(way, source(inside)),
    actions: [{ kind: "drop" }],
    origin: { file: "remedy", line: 1 },
    text: "drop forged sources",
  };
}

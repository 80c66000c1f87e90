// RW512: hosts whose firewall closes IPv4 by default, and leaves IPv6 open.
import { addressSet, hasAddress } from "../../../../packet/address-set.ts";
import type { Context } from "../../context.ts";
import type { Check } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import { closingRemedy, openByDefault } from "./default-deny.ts";
import { exampleFrom, gateOf, guardedHosts, mainChain, subjectOf, type Guarded } from "./gates.ts";

export const ipv6Unfiltered: Check = {
  number: "RW512",
  name: "ipv6-unfiltered",
  title: "A host filters IPv4, and not IPv6",
  severity: "high",
  why:
    "Rules for IPv4 say nothing of IPv6, and nearly every Linux host has an IPv6 address, if only on its own link. Who asks over " +
    "IPv6 finds every door open.",
  references: [
    { title: "CIS Red Hat Enterprise Linux 9 Benchmark, 4.4.3 (configure ip6tables)" },
    {
      title: "RFC 9099, operational security considerations for IPv6 networks",
      url: "https://www.rfc-editor.org/rfc/rfc9099",
    },
  ],
  *run(context) {
    for (const guarded of guardedHosts(context)) {
      const [over4, over6] = [gateOf(guarded.firewall, 4), gateOf(guarded.firewall, 6)];
      const main4 = over4 === undefined ? undefined : mainChain(over4.chains.input);
      if (over4 === undefined || over6 === undefined || main4 === undefined) continue;
      if (openByDefault(over4, "input") !== undefined) continue;
      const open = openByDefault(over6, "input");
      const known = hasIpv6(context, guarded);
      if (open === undefined || known === false) continue;
      const main6 = mainChain(over6.chains.input);
      const packet = exampleFrom(over6, open);
      yield {
        subject: subjectOf(guarded, "IPv6"),
        // Rules that were not exported may be there, and so may the address be missing.
        severity: known === true ? "high" : main6 === undefined ? "note" : "medium",
        title:
          main6 === undefined
            ? `nothing that was read filters IPv6 on ${guarded.host.name}, while ${main4.base.chain} filters IPv4`
            : `${main6.base.chain} of ${guarded.host.name} lets in over IPv6 whatever no rule names; over IPv4 it does not`,
        origins: [
          main6?.chain.policy?.origin ?? main6?.chain.origin ?? main4.table.origin,
          main4.chain.policy?.origin ?? main4.chain.origin,
        ],
        ...(packet === undefined
          ? {}
          : {
              witness: {
                packet: exampleOf(packet),
                seen: "no rule is about it; the same over IPv4 is refused",
              },
            }),
        remedy:
          main6 === undefined
            ? {
                text: "load the same rules for IPv6 (ip6tables-restore, or one inet table), with ICMPv6 accepted; or give the export of ip6tables-save to Ringwall",
                unchecked: "which services IPv6 is to have is for a person to say",
              }
            : closingRemedy(
                context,
                guarded,
                main6,
                "input",
                `set the policy of ${main6.base.chain} to drop for IPv6, too; before that, accept established and related, lo and ICMPv6`,
              ),
      };
    }
  },
};

const ownLink = addressSet("fe80::/10", "::1/128");

/** Undefined where nothing says which addresses it has. */
function hasIpv6(context: Context, { host, firewall }: Guarded): boolean | undefined {
  const own = host.interfaces.flatMap(
    (id) => context.estate.interfaces.get(id)?.addresses.map((item) => item.address) ?? [],
  );
  const all = [...own, ...firewall.addresses.map((item) => item.address)];
  if (all.length === 0) return undefined;
  return all.some((address) => address.family === 6 && !hasAddress(ownLink, address));
}

// RW517: packets of no valid connection that are accepted before the rule that is to drop them.
import { TCP } from "../../../../packet/protocol.ts";
import { editHostChain, withRuleMoved } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import { accepts, refuses } from "../order/lists.ts";
import { exampleFrom, families, gateOf, guardedHosts, packetsOf, subjectOf, testsOf } from "./gates.ts";
import { chainName } from "./rule-facts.ts";

export const invalidAccepted: Check = {
  number: "RW517",
  name: "invalid-accepted-first",
  title: "Invalid packets are accepted before the rule that is to drop them",
  severity: "low",
  why:
    "Packets that belong to no connection and begin none are those of scans and of evasion. The rule that drops them stands behind " +
    "one that accepts them for a service, so that it never sees the ones that matter.",
  references: [
    {
      title: "iptables-extensions(8), conntrack: the states of a packet",
      url: "https://man7.org/linux/man-pages/man8/iptables-extensions.8.html",
    },
  ],
  *run(context) {
    for (const guarded of guardedHosts(context))
      for (const hook of ["input", "forward"] as const)
        for (const family of families) {
          const gate = gateOf(guarded.firewall, family);
          const hooked = gate?.chains[hook].find(({ chain }) => chain.rules.some(dropsInvalid));
          const drop = hooked?.chain.rules.find(dropsInvalid);
          const top = hooked?.chain.rules.find(
            (rule) =>
              accepts(rule) &&
              testsOf(rule).every((test) => test.kind !== "state" && test.kind !== "interface"),
          );
          if (gate === undefined || hooked === undefined || drop === undefined || top === undefined) continue;
          if (hooked.chain.rules.indexOf(top) > hooked.chain.rules.indexOf(drop)) continue;
          const { must } = gate.through(
            hook,
            gate.space.and(packetsOf(gate, TCP, "invalid"), gate.strange(hook)),
          );
          const packet = exampleFrom(gate, must);
          if (packet === undefined) continue;
          yield {
            subject: subjectOf(guarded, `${chainName(hooked.table, hooked.base.chain)} invalid`),
            title: `“${top.text}” of ${guarded.host.name} accepts invalid packets before “${drop.text}” drops them`,
            origins: [drop.origin, top.origin],
            witness: {
              packet: exampleOf(packet),
              seen: `conntrack takes it for invalid, and ${hooked.base.chain} accepts it`,
            },
            remedy: {
              text: `put “${drop.text}” before “${top.text}”`,
              edit: editHostChain(guarded.host.id, hooked.table, hooked.base.chain, withRuleMoved(drop, top)),
            },
          };
          break;
        }
  },
};

/** A refusal of the state alone. */
function dropsInvalid(rule: Parameters<typeof refuses>[0]): boolean {
  return refuses(rule) && rule.match.kind === "state" && rule.match.states.includes("invalid");
}

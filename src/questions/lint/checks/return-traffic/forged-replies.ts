// RW205: a rule for replies in a filter without memory, by which anybody gets in who sends from the right port.
import type { Interface } from "../../../../estate/model.ts";
import type { PacketFilter } from "../../../../layers/packet-filter/model.ts";
import type { NumberSet } from "../../../../packet/intervals.ts";
import { numberText } from "../../../../packet/packet.ts";
import { TCP } from "../../../../packet/protocol.ts";
import type { Match } from "../../../../rules/match.ts";
import type { Rule } from "../../../../rules/rule.ts";
import type { Context } from "../../context.ts";
import { editFilter, withoutRule } from "../../edits.ts";
import type { Check, Finding } from "../../model.ts";
import { isWorldwide, machineName } from "../../openings.ts";
import { exampleNumber, exampleOf } from "../../witness.ts";

export const forgedReplies: Check = {
  number: "RW205",
  name: "forged-replies",
  title: "Who sends from the right port gets in",
  severity: "medium",
  why:
    "A filter without memory knows a reply only by the port that it comes from, and everybody chooses that port for themselves: " +
    "from port 443 the internet opens connections to every high port.",
  references: [{ title: "NIST SP 800-41 Rev. 1, 2.1.2 (stateful inspection)" }],
  *run(context) {
    for (const filter of context.filters()) {
      if (filter.stateful) continue;
      for (const rule of filter.inbound.rules) {
        const ports = sourcePortsOf(rule);
        const found = ports === undefined ? undefined : openedBy(context, filter, rule, ports);
        if (found !== undefined) yield found;
      }
    }
  },
};

/** The source ports of an accepting rule that asks for no flags: those of replies. */
function sourcePortsOf(rule: Rule): NumberSet | undefined {
  if (!rule.actions.some((action) => action.kind === "accept")) return undefined;
  const tests: readonly Match[] = rule.match.kind === "all" ? rule.match.of : [rule.match];
  if (tests.some((test) => test.kind === "tcp-flags")) return undefined;
  return tests.flatMap((test) =>
    test.kind === "number" && test.field === "source-port" ? [test.set] : [],
  )[0];
}

function openedBy(context: Context, filter: PacketFilter, rule: Rule, ports: NumberSet): Finding | undefined {
  const port = exampleNumber(ports, [443, 80, 53]);
  for (const { first } of context.classes()) {
    if (context.index.subnetOf(first)?.packetFilters.includes(filter.id) !== true) continue;
    const asked = context.ask({
      from: "internet",
      to: first.id,
      protocol: TCP,
      port: highPorts(context, first),
      sourcePort: port,
    });
    const open = asked?.cases.find(
      (item) =>
        item.forward.answer === "allowed" &&
        isWorldwide(item.packet.source) &&
        item.forward.steps.some((step) => step.layer === "packet-filter" && step.rules[0] === rule),
    );
    if (open === undefined) continue;
    return {
      subject: { kind: "packet-filter", id: filter.id, name: filter.name, part: `inbound ${rule.text}` },
      title: `${filter.name} lets anybody who sends from port ${numberText(ports)} reach ${machineName(context, first)}: “${rule.text}” can't tell a reply`,
      origins: [rule.origin],
      witness: {
        packet: exampleOf(open.packet),
        seen: `a new connection from port ${port} gets to ${machineName(context, first)}`,
      },
      remedy: {
        text: `make ${filter.name} stateful and remove the rule; or ask for “flags ack” in it, which still lets forged acknowledgments through`,
        edit: (estate) => {
          const without = (["inbound", "outbound"] as const).reduce(
            (sofar, direction) =>
              editFilter(filter.id, direction, (chain) =>
                chain.rules
                  .filter((item) => item.origin === rule.origin)
                  .reduce((left, item) => withoutRule(item)(left), chain),
              )(sofar),
            estate,
          );
          const bare = without.packetFilters.get(filter.id);
          return bare === undefined
            ? without
            : {
                ...without,
                packetFilters: new Map(without.packetFilters).set(filter.id, { ...bare, stateful: true }),
              };
        },
      },
    };
  }
  return undefined;
}

/** Where programs listen that nobody should reach: what is known to listen, else every port above 1023. */
function highPorts(context: Context, place: Interface): number | NumberSet {
  const known = context.index.hostOf(place)?.listens?.find((item) => item.port >= 1024 && !item.local);
  return known?.port ?? [1024, 65535];
}

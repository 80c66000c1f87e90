// What the host's own firewall, as it is loaded now, says to the packet and to its answer.
import { formatAddress } from "../../packet/address.ts";
import { packetText } from "../../packet/packet.ts";
import { originText } from "../../problem.ts";
import { forwardedTo, type DoctorContext } from "./context.ts";
import type { Examined } from "./model.ts";

const lookedAt = "iptables-save, ip6tables-save, nft list ruleset, ipset save";

export function checkFirewall(context: DoctorContext): Examined[] {
  const { trace, host } = context;
  const base = { check: "host firewall", lookedAt };
  if (trace === undefined)
    return [
      {
        ...base,
        health: "unknown",
        found: "the rules could not be listed",
        remedy: "run it as root: sudo ringwall doctor …",
      },
    ];
  const packet = packetText(trace.question.packet);
  if (trace.answer === "allowed") {
    const empty = host.firewall?.tables.every((table) => table.bases.length === 0) ?? true;
    const onward = forwardedTo(context);
    const moved = onward === undefined ? "" : `, sent on to ${formatAddress(onward)}`;
    return [
      {
        ...base,
        health: "fine",
        found: empty ? "no rules are loaded" : `${packet} is let through${moved}, and so is the answer`,
      },
    ];
  }
  if (trace.answer === "depends") {
    return [
      {
        ...base,
        health: "warning",
        found: `whether ${packet} gets through depends on ${trace.dependsOn.map((item) => item.what).join("; ")}`,
        remedy: "name the client with --from, which settles what hangs on its address",
      },
    ];
  }
  return trace.blockers.map(({ leg, step }, at) => {
    const [rule] = step.rules;
    const where = rule === undefined ? "" : ` (${originText(rule.origin)}: ${rule.text})`;
    const remedy = trace.remedy[at] ?? step.remedy;
    return {
      ...base,
      health: "fault",
      found: `${leg === "reply" ? "the answer" : packet} is refused: ${step.why}${where}`,
      ...(remedy === undefined ? {} : { remedy }),
    };
  });
}

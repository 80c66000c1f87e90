// RW204: a packet filter without memory, and without rules for the replies.
import { numberText } from "../../../../packet/packet.ts";
import { protocolName } from "../../../../packet/protocol.ts";
import type { Check, Expectation } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import { lostReplies } from "./lost-replies.ts";

export const filterLosesReplies: Check = {
  number: "RW204",
  name: "filter-loses-replies",
  title: "A packet filter without memory has no rule for the replies",
  severity: "high",
  why:
    "Without a connection table every packet is judged by itself. The rule that lets the request in says nothing of the reply, " +
    "which comes from the service's port and goes to one that the client picked.",
  references: [{ title: "NIST SP 800-41 Rev. 1, 2.1.1 (packet filtering) and 2.1.2 (stateful inspection)" }],
  *run(context) {
    const losing = lostReplies(context).flatMap((item) =>
      item.ring.kind === "filter" ? [{ ...item, filter: item.ring.filter }] : [],
    );
    for (const [filter, items] of Map.groupBy(losing, (item) => item.filter)) {
      const [first] = items;
      if (first === undefined) continue;
      const { flow } = first;
      const more = items.length === 1 ? "" : ` (and ${items.length - 1} more)`;
      const some = first.whole ? "" : ` on the client's ports ${numberText(first.lost)}`;
      yield {
        subject: { kind: "packet-filter", id: filter.id, name: filter.name },
        severity: first.whole ? "high" : "medium",
        title: `${filter.name} lets ${protocolName(flow.protocol)} ${flow.port} through and refuses the replies${some}${more}`,
        origins: [flow.says.origin, filter.origin],
        witness: { packet: exampleOf(first.reply), seen: first.step.why.replace(/\.$/, "") },
        remedy: {
          text: `make ${filter.name} stateful, so that replies pass without a rule of their own and forged ones do not`,
          edit: (estate) => ({
            ...estate,
            packetFilters: new Map(estate.packetFilters).set(filter.id, { ...filter, stateful: true }),
          }),
          expect: items.flatMap((item): Expectation[] =>
            item.opens === undefined ? [] : [{ question: item.opens, answer: "allowed" }],
          ),
        },
      };
    }
  },
};

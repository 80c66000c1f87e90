// RW306: entries of a network ACL numbered without room between them.
import { ringName } from "../../../../layers/ports.ts";
import { editAcl } from "../../edits.ts";
import type { Check } from "../../model.ts";

export const numbersWithoutGaps: Check = {
  number: "RW306",
  name: "numbers-without-gaps",
  title: "Entries are numbered without room in between",
  severity: "note",
  why:
    "An entry that has to come between two others (the urgent deny of one address) finds no number. Then entries are renumbered " +
    "in a hurry, and for a moment the list is another one.",
  references: [
    {
      title: "VPC user guide, “Network ACL rules” (create rules in increments, for example of 10 or 100)",
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html",
    },
  ],
  *run(context) {
    for (const acl of context.acls())
      for (const direction of ["inbound", "outbound"] as const) {
        const entries = acl[direction].toSorted((a, b) => a.number - b.number);
        const at = entries.findIndex((entry, place) => entries[place + 1]?.number === entry.number + 1);
        const [upper, lower] = [entries[at], entries[at + 1]];
        if (upper === undefined || lower === undefined) continue;
        yield {
          subject: { kind: "network-acl", id: acl.id, name: acl.name, part: direction },
          title: `no entry fits between ${upper.number} and ${lower.number} of ${ringName(acl)} ${direction}`,
          origins: [lower.origin],
          remedy: {
            text: "number them in steps of 10 or 100",
            edit: editAcl(acl.id, direction, (old) =>
              old
                .toSorted((a, b) => a.number - b.number)
                .map((entry, place) => ({ ...entry, number: (place + 1) * (old.length > 300 ? 10 : 100) })),
            ),
          },
        };
      }
  },
};

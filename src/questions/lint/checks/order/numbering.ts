// RW306: entries of a network ACL numbered without room between them.
import type { NetworkAclEntry } from "../../../../layers/nacl/model.ts";
import { ringName } from "../../../../layers/ports.ts";
import { isEmptyAddresses, ofFamily } from "../../../../packet/address-set.ts";
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
        const crowded = neighbours(acl[direction]);
        if (crowded === undefined) continue;
        const [upper, lower] = crowded;
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

/** Entries of one family without a number between them: what is for the other family does not come between. */
function neighbours(
  list: readonly NetworkAclEntry[],
): readonly [upper: NetworkAclEntry, lower: NetworkAclEntry] | undefined {
  for (const family of [4, 6] as const) {
    const entries = list
      .filter((entry) => !isEmptyAddresses(ofFamily(entry.peer, family)))
      .toSorted((a, b) => a.number - b.number);
    for (const [at, upper] of entries.entries()) {
      const lower = entries[at + 1];
      if (lower?.number === upper.number + 1) return [upper, lower];
    }
  }
  return undefined;
}

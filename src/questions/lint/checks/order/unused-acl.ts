// RW308: a network ACL that stands at no subnet. The one that lets everything through comes with its VPC and can't be
// removed, so it is left alone.
import { ringName } from "../../../../layers/ports.ts";
import type { Check } from "../../model.ts";
import { letsAllThrough } from "../../open-acl.ts";

export const unusedAcl: Check = {
  number: "RW308",
  name: "unused-acl",
  title: "A network ACL that stands at no subnet",
  severity: "note",
  why: "Its entries guard nothing. Most often a subnet was to have it, and has the default one, which lets everything through.",
  references: [
    {
      title: "AWS Security Hub EC2.16 (unused network ACLs should be removed)",
      url: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-16",
    },
  ],
  *run(context) {
    const { estate } = context;
    if (estate.subnets.size === 0) return;
    const used = new Set([...estate.subnets.values()].map((subnet) => subnet.networkAcl));
    for (const acl of context.acls()) {
      if (used.has(acl.id) || (letsAllThrough(acl.inbound) && letsAllThrough(acl.outbound))) continue;
      yield {
        subject: { kind: "network-acl", id: acl.id, name: acl.name },
        title: `${ringName(acl)} stands at no subnet`,
        origins: [acl.origin],
        remedy: {
          text: "put it onto the subnet that it was written for, or remove it",
          edit: (old) => ({
            ...old,
            networkAcls: new Map([...old.networkAcls].filter(([id]) => id !== acl.id)),
          }),
        },
      };
    }
  },
};

// RW201, RW202, RW203: network ACLs that lose replies, for lack of entries for the client's ephemeral ports.
import type { Check, Reference } from "../../model.ts";
import { aclReplies } from "./acl-replies.ts";

const references: readonly Reference[] = [
  {
    title: "VPC user guide, “Custom network ACLs for your VPC”, ephemeral ports",
    url: "https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports",
  },
  {
    title: "RFC 6056, recommendations for transport-protocol port randomization",
    url: "https://www.rfc-editor.org/rfc/rfc6056",
  },
];

const why =
  "A network ACL has no memory: the reply to a request is a packet like any other, on its way to the port that the client " +
  "picked for itself, and without an entry for such ports it is refused. The request arrives, and the client waits in vain.";

export const aclLosesReplies: Check = {
  number: "RW201",
  name: "acl-loses-replies",
  title: "A network ACL lets requests in and no replies out",
  severity: "high",
  why,
  references,
  run: (context) =>
    aclReplies(context, {
      direction: "outbound",
      whole: true,
      severity: "high",
      title: (acl, example, more) => `${acl} lets no reply out: ${example}${more}`,
    }),
};

export const aclLosesAnswers: Check = {
  number: "RW202",
  name: "acl-loses-answers",
  title: "A network ACL lets requests out and no replies in",
  severity: "high",
  why,
  references,
  run: (context) =>
    aclReplies(context, {
      direction: "inbound",
      whole: true,
      severity: "high",
      title: (acl, example, more) => `${acl} lets no reply in: ${example}${more}`,
    }),
};

export const aclEphemeralTooNarrow: Check = {
  number: "RW203",
  name: "acl-ephemeral-too-narrow",
  title: "A network ACL's range for replies is too narrow for its clients",
  severity: "medium",
  why:
    "Clients pick their own port: Linux from 32768–60999, Windows from 49152–65535, NAT gateways and load balancers of AWS " +
    "from 1024–65535. With a narrower range some connections fail, at random, and nobody finds out why.",
  references,
  *run(context) {
    for (const direction of ["outbound", "inbound"] as const)
      yield* aclReplies(context, {
        direction,
        whole: false,
        severity: "medium",
        title: (acl, example, more, lost) =>
          `${acl} loses replies to the client's ports ${lost}: ${example}${more}`,
      });
  },
};

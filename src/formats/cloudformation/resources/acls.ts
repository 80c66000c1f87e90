// Network ACLs with their entries, and which subnets they stand before.
import { addUnknownAcl } from "../../aws/planned/defaults.ts";
import type { Written } from "../../aws/planned/draft.ts";
import { uncertainKey } from "../../aws/planned/marks.ts";
import { known, type Fields } from "../fields.ts";
import { byOwner, fieldsOf, tagsOf, whyOpen, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown } from "../values.ts";
import { associationsOf } from "./associations.ts";

export function writeAcls(plan: Plan): void {
  const entries = byOwner(plan.of("AWS::EC2::NetworkAclEntry"), (fields) =>
    fields.requiredText("NetworkAclId"),
  );
  const { certain, open } = associationsOf(
    plan,
    "AWS::EC2::SubnetNetworkAclAssociation",
    "NetworkAclId",
    "AWS::EC2::NetworkAcl",
  );
  for (const { resource, subnet, why } of open) {
    const id = `${subnet.id}.NetworkAcl`;
    addUnknownAcl(plan.draft, id, subnet.network, why, resource.origin, [subnet.id]);
  }
  for (const resource of plan.of("AWS::EC2::NetworkAcl")) {
    const fields = fieldsOf(resource);
    plan.draft.add(
      "NetworkAcls",
      {
        NetworkAclId: resource.id,
        VpcId: plan.network(fields.text("VpcId"), resource.origin),
        IsDefault: false,
        Entries: entriesOf(plan, entries.get(resource.id) ?? []),
        Associations: (certain.get(resource.id) ?? []).map(({ subnet }) => ({ SubnetId: subnet.id })),
        Tags: tagsOf(fields),
      },
      resource.origin,
    );
    entries.delete(resource.id);
  }
  for (const [id, [first]] of entries) {
    if (first === undefined) continue;
    plan.unknown(
      first.origin,
      `an entry is added to the network ACL ${id}, which no template that was read makes`,
      "left aside: the subnets behind that ACL are not known",
    );
  }
}

/** Where a number, an action or a direction is not known, any entry may decide first: then all of them are open. */
function entriesOf(plan: Plan, entries: readonly Resource[]): Written[] {
  for (const entry of entries) {
    const fields = fieldsOf(entry);
    const why = whyOpen(fields.whole("RuleNumber"), fields.text("RuleAction"), fields.flag("Egress"));
    if (why === undefined) continue;
    return [false, true].map((Egress) =>
      plan.draft.at(
        { RuleNumber: 1, Protocol: "-1", RuleAction: "allow", Egress, [uncertainKey]: why },
        entry.origin,
      ),
    );
  }
  return entries.map((entry) => plan.draft.at(entryOf(fieldsOf(entry), entry.uncertain), entry.origin));
}

function entryOf(fields: Fields, uncertain: string | undefined): Written {
  const protocol = fields.requiredText("Protocol");
  const ipv4 = fields.text("CidrBlock");
  const ipv6 = fields.text("Ipv6CidrBlock");
  const ports = fields.map("PortRange");
  const icmp = fields.map("Icmp");
  const inner = [ports, icmp].flatMap((part) =>
    part === undefined || isNotKnown(part)
      ? []
      : ["From", "To", "Type", "Code"].map((key) => part.whole(key)),
  );
  const why = uncertain ?? whyOpen(protocol, ipv4, ipv6, ports, icmp, ...inner);
  const service = whyOpen(protocol, ports, icmp, ...inner) === undefined;
  const written: Written = {};
  const put = (key: string, value: Written[string] | undefined): void => {
    if (value !== undefined) written[key] = value;
  };
  put("RuleNumber", known(fields.whole("RuleNumber")));
  put("RuleAction", known(fields.text("RuleAction"))?.toLowerCase());
  put("Egress", known(fields.flag("Egress")) ?? false);
  put("Protocol", service ? known(protocol) : "-1");
  put("CidrBlock", known(ipv4));
  put("Ipv6CidrBlock", known(ipv6));
  if (service) {
    put("PortRange", bounds(ports, "From", "To"));
    put("IcmpTypeCode", bounds(icmp, "Type", "Code"));
  }
  put(uncertainKey, why);
  return written;
}

function bounds(part: ReturnType<Fields["map"]>, first: string, last: string): Written | undefined {
  if (part === undefined || isNotKnown(part)) return undefined;
  const [from, to] = [known(part.whole(first)), known(part.whole(last))];
  return { ...(from === undefined ? {} : { [first]: from }), ...(to === undefined ? {} : { [last]: to }) };
}

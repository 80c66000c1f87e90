// The ways out of a VPC: internet, egress-only and virtual private gateways with what they are attached to, NAT gateways,
// peerings, and prefix lists, which routes and rules name.
import { madeUpKey } from "../../aws/planned/marks.ts";
import type { Written } from "../../aws/planned/draft.ts";
import { known } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, whyOpen, type Plan } from "../plan.ts";
import type { Resource } from "../scope.ts";
import { isNotKnown } from "../values.ts";
import type { PlannedInterfaces } from "./interfaces.ts";

export function writeGateways(plan: Plan): void {
  const attachments = plan.of("AWS::EC2::VPCGatewayAttachment");
  const attachedTo = (gateway: string, key: string): Written[] =>
    attachments.flatMap((attachment) => {
      const fields = fieldsOf(attachment);
      const named = fields.text(key);
      if (named === undefined || nameOf(named) !== gateway) return [];
      return [{ State: "attached", VpcId: plan.network(fields.requiredText("VpcId"), attachment.origin) }];
    });
  for (const resource of plan.of("AWS::EC2::InternetGateway")) {
    const Attachments = attachedTo(resource.id, "InternetGatewayId");
    plan.draft.add(
      "InternetGateways",
      { InternetGatewayId: resource.id, Attachments, Tags: tagsOf(fieldsOf(resource)) },
      resource.origin,
    );
  }
  for (const resource of plan.of("AWS::EC2::VPNGateway")) {
    const VpcAttachments = attachedTo(resource.id, "VpnGatewayId");
    plan.draft.add(
      "VpnGateways",
      { VpnGatewayId: resource.id, VpcAttachments, Tags: tagsOf(fieldsOf(resource)) },
      resource.origin,
    );
  }
  for (const resource of plan.of("AWS::EC2::EgressOnlyInternetGateway")) {
    const network = plan.network(fieldsOf(resource).requiredText("VpcId"), resource.origin);
    plan.draft.add(
      "EgressOnlyInternetGateways",
      { EgressOnlyInternetGatewayId: resource.id, Attachments: [{ State: "attached", VpcId: network }] },
      resource.origin,
    );
  }
  for (const resource of plan.of("AWS::EC2::VPCPeeringConnection")) writePeering(plan, resource);
  for (const resource of plan.of("AWS::EC2::PrefixList")) writePrefixList(plan, resource);
}

/** Within one account CloudFormation accepts the peering itself; in another, somebody there has to. */
function writePeering(plan: Plan, resource: Resource): void {
  const fields = fieldsOf(resource);
  const peer = nameOf(fields.requiredText("PeerVpcId"));
  if (fields.has("PeerOwnerId") && !fields.has("PeerRoleArn")) {
    plan.unknown(resource.origin, `whether the other account accepts ${resource.id}`, "taken to be accepted");
  }
  plan.draft.add(
    "VpcPeeringConnections",
    {
      VpcPeeringConnectionId: resource.id,
      Status: { Code: "active" },
      RequesterVpcInfo: { VpcId: plan.network(fields.requiredText("VpcId"), resource.origin) },
      AccepterVpcInfo: { VpcId: peer },
      Tags: tagsOf(fields),
    },
    resource.origin,
  );
}

function writePrefixList(plan: Plan, resource: Resource): void {
  const fields = fieldsOf(resource);
  const name = known(fields.text("PrefixListName")) ?? resource.logicalId;
  const place = { PrefixListId: resource.id, PrefixListName: name, Tags: tagsOf(fields) };
  plan.draft.add("ManagedPrefixLists", place, resource.origin);
  const entries = fields.maps("Entries");
  const cidrs = entries.map((entry) => (isNotKnown(entry) ? entry : entry.requiredText("Cidr")));
  // A list of which a part is not known is not known: rules that name it may match or not.
  if (whyOpen(...cidrs) !== undefined) return;
  plan.draft.add(
    "Entries",
    { PrefixListId: resource.id, Entries: cidrs.map((cidr) => ({ Cidr: nameOf(cidr) })) },
    resource.origin,
  );
}

/** NAT gateways with the interface that each of them has. */
export function planNatGateways(plan: Plan, interfaces: PlannedInterfaces): void {
  for (const resource of plan.of("AWS::EC2::NatGateway")) {
    const fields = fieldsOf(resource);
    const given = fields.text("SubnetId");
    const written = { NatGatewayId: resource.id, State: "available", Tags: tagsOf(fields) };
    if (given === undefined) {
      // A regional NAT gateway stands in a VPC and in no subnet.
      plan.draft.add("NatGateways", written, resource.origin);
      continue;
    }
    const subnet = plan.subnet(given, undefined, resource.origin);
    const isPublic = known(fields.text("ConnectivityType")) !== "private";
    const id = `${resource.id}.eni`;
    const name = known(fields.text("AllocationId"));
    const shown = isPublic ? interfaces.publicAddress(`${resource.id} (public)`, resource.origin) : undefined;
    interfaces.add({
      id,
      origin: resource.origin,
      subnet,
      groups: [],
      name: resource.id,
      ipv4: [known(fields.text("PrivateIpAddress"))],
      ipv6: [],
      public: shown,
      description: `Interface for NAT Gateway ${resource.id}`,
      check: false,
      settled: (addresses) =>
        plan.draft.add(
          "NatGateways",
          {
            ...written,
            SubnetId: subnet.id,
            VpcId: subnet.network,
            NatGatewayAddresses: [
              {
                NetworkInterfaceId: id,
                IsPrimary: true,
                ...(addresses[0] === undefined ? {} : { PrivateIp: addresses[0] }),
                ...(shown === undefined
                  ? {}
                  : {
                      PublicIp: shown.address,
                      [madeUpKey]: name === undefined ? shown.name : `${name} (public)`,
                    }),
              },
            ],
          },
          resource.origin,
        ),
    });
  }
}

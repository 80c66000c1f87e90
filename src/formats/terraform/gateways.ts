// NAT gateways, VPC endpoints and peerings.
import type { Json } from "../json.ts";
import { flag, isUnknown, optional, type Fields } from "./fields.ts";
import { ownInterface } from "./instances.ts";
import type { Interfaces, PublicAddress } from "./interfaces.ts";
import type { MeantList, Plan } from "./plan.ts";
import { given, tagsOf } from "./written.ts";

/** A NAT gateway that is written once its interface has its address. */
export interface PlannedNat {
  readonly fields: Fields;
  readonly subnet: string;
  readonly interface: string;
}

export function translateNatGateways(
  plan: Plan,
  interfaces: Interfaces,
  allocated: ReadonlyMap<string, PublicAddress>,
): PlannedNat[] {
  const planned: PlannedNat[] = [];
  for (const one of plan.of("aws_nat_gateway")) {
    const id = one.resource.address;
    const subnet = plan.reference(one, "subnet_id", ["subnet"]);
    if (subnet.kind !== "id") {
      const why = subnet.kind === "open" ? subnet.why : `${id} stands in no subnet (a regional NAT gateway)`;
      plan.unknown(one.origin, why, "not read: routes to it lead where is not known");
      continue;
    }
    const own = `${id}.interface`;
    const inside = optional(one, "private_ip");
    interfaces.add(
      ownInterface(one, own, subnet.id, {
        groups: undefined,
        public: publicOf(plan, one, allocated),
        ipv4: inside === undefined ? [] : [inside],
        sourceDestinationCheck: false,
      }),
    );
    planned.push({ fields: one, subnet: subnet.id, interface: own });
  }
  return planned;
}

export function writeNatGateways(plan: Plan, planned: readonly PlannedNat[], interfaces: Interfaces): void {
  for (const { fields, subnet, interface: own } of planned) {
    plan.draft.add(
      "NatGateways",
      {
        NatGatewayId: fields.resource.address,
        SubnetId: subnet,
        State: "available",
        ...tagsOf(fields),
        NatGatewayAddresses: [
          {
            IsPrimary: true,
            NetworkInterfaceId: own,
            ...given("PrivateIp", interfaces.addressOf(own)),
            ...interfaces.shownOf(own),
          },
        ],
      },
      fields.origin,
    );
  }
}

function publicOf(
  plan: Plan,
  fields: Fields,
  allocated: ReadonlyMap<string, PublicAddress>,
): PublicAddress | undefined {
  if (optional(fields, "connectivity_type") === "private") return undefined;
  const known = optional(fields, "public_ip");
  if (known !== undefined) return { known };
  const allocation = plan.reference(fields, "allocation_id", ["eip"]);
  return allocation.kind === "id" ? (allocated.get(allocation.id) ?? { known }) : { known };
}

export function translateEndpoints(plan: Plan, interfaces: Interfaces): void {
  const subnetsOf = joined(plan, "aws_vpc_endpoint_subnet_association", "subnet_id", "subnet");
  const groupsOf = joined(plan, "aws_vpc_endpoint_security_group_association", "security_group_id", "group");
  for (const one of plan.of("aws_vpc_endpoint")) {
    const id = one.resource.address;
    const vpc = plan.reference(one, "vpc_id", ["vpc"]);
    if (vpc.kind !== "id") {
      const why = vpc.kind === "open" ? vpc.why : `${id}: its VPC is not known`;
      plan.unknown(one.origin, why, "left out");
      continue;
    }
    const type = optional(one, "vpc_endpoint_type") ?? "Gateway";
    const subnets = plan.references(one, "subnet_ids", ["subnet"]);
    const groups = plan.references(one, "security_group_ids", ["group"]);
    if (subnets.open !== undefined)
      plan.unknown(one.origin, subnets.open, "interfaces that are not known are left out");
    const own = type === "Gateway" ? [] : [...new Set([...subnets.ids, ...(subnetsOf.get(id) ?? [])])];
    const more = groupsOf.get(id) ?? [];
    const worn: MeantList = {
      ids: [...new Set([...groups.ids, ...more])],
      open: groups.open,
      written: groups.written || more.length > 0,
    };
    const interfaceIds = own.map((subnet, at) => {
      const name = `${id}.interface${at}`;
      interfaces.add(ownInterface(one, name, subnet, { groups: worn, public: undefined }));
      return name;
    });
    plan.draft.add(
      "VpcEndpoints",
      {
        VpcEndpointId: id,
        VpcId: vpc.id,
        VpcEndpointType: type,
        ...given("ServiceName", optional(one, "service_name")),
        State: stateOf(one),
        ...tagsOf(one),
        NetworkInterfaceIds: interfaceIds,
      },
      one.origin,
    );
  }
}

/** An endpoint that waits for acceptance carries nothing yet; one that is not made yet is taken to be accepted. */
function stateOf(fields: Fields): Json {
  return optional(fields, "state") ?? "available";
}

function joined(plan: Plan, type: string, key: string, thing: "subnet" | "group"): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const one of plan.of(type)) {
    const endpoint = plan.reference(one, "vpc_endpoint_id", ["endpoint"]);
    const other = plan.reference(one, key, [thing]);
    if (endpoint.kind === "id" && other.kind === "id")
      found.set(endpoint.id, [...(found.get(endpoint.id) ?? []), other.id]);
    else plan.unknown(one.origin, `${one.resource.address}: what it joins is not known`, "left aside");
  }
  return found;
}

/** A peering carries packets once it is accepted: at once within one account, or by the accepter's own resource. */
export function translatePeerings(plan: Plan): void {
  const accepted = new Set(
    plan
      .of("aws_vpc_peering_connection_accepter")
      .filter((one) => flag(one, "auto_accept") === true || optional(one, "accept_status") === "active")
      .flatMap((one) => {
        const meant = plan.reference(one, "vpc_peering_connection_id", ["peering"]);
        return meant.kind === "id" ? [meant.id] : [];
      }),
  );
  const written = new Set<string>();
  for (const one of plan.of("aws_vpc_peering_connection")) {
    const id = one.resource.address;
    written.add(id);
    const vpc = plan.reference(one, "vpc_id", ["vpc"]);
    const peer = plan.reference(one, "peer_vpc_id", ["vpc"]);
    const open = [vpc, peer].find((meant) => meant.kind === "open");
    if (open?.kind === "open")
      plan.unknown(one.origin, open.why, "packets that cross it leave what was read");
    const status = optional(one, "accept_status") ?? optional(one, "status");
    const active = accepted.has(id) || flag(one, "auto_accept") === true || status === "active";
    if (!active) {
      plan.unknown(
        one.origin,
        `${id} waits to be accepted, which nothing here does`,
        "it is read as carrying nothing",
      );
    }
    plan.draft.add(
      "VpcPeeringConnections",
      {
        VpcPeeringConnectionId: id,
        ...tagsOf(one),
        RequesterVpcInfo: { VpcId: vpc.kind === "id" ? vpc.id : "" },
        AccepterVpcInfo: { VpcId: peer.kind === "id" ? peer.id : "" },
        Status: { Code: active ? "active" : "pending-acceptance" },
      },
      one.origin,
    );
  }
  addForeignPeerings(plan, written);
}

/** The accepter's side of a peering that another configuration asks for. */
function addForeignPeerings(plan: Plan, written: ReadonlySet<string>): void {
  for (const one of plan.of("aws_vpc_peering_connection_accepter")) {
    const meant = plan.reference(one, "vpc_peering_connection_id", ["peering"]);
    if (meant.kind !== "id" || written.has(meant.id)) continue;
    const own = plan.reference(one, "vpc_id", ["vpc"]);
    const peer = plan.reference(one, "peer_vpc_id", ["vpc"]);
    if (own.kind !== "id" || isUnknown(one, "peer_vpc_id")) {
      plan.unknown(one.origin, `${one.resource.address}: the VPCs that it joins are not known`, "left aside");
      continue;
    }
    plan.draft.add(
      "VpcPeeringConnections",
      {
        VpcPeeringConnectionId: meant.id,
        RequesterVpcInfo: { VpcId: peer.kind === "id" ? peer.id : "" },
        AccepterVpcInfo: { VpcId: own.id },
        Status: { Code: flag(one, "auto_accept") === true ? "active" : "pending-acceptance" },
      },
      one.origin,
    );
  }
}

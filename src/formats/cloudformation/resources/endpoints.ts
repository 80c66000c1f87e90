// VPC endpoints: gateway endpoints, whose routes are written with the tables, and interface endpoints with an interface
// in each of their subnets.
import { known } from "../fields.ts";
import { fieldsOf, nameOf, tagsOf, type Plan } from "../plan.ts";
import { groupsOf } from "./groups.ts";
import type { PlannedInterfaces } from "./interfaces.ts";

export function planEndpoints(plan: Plan, interfaces: PlannedInterfaces): void {
  for (const resource of plan.of("AWS::EC2::VPCEndpoint")) {
    const fields = fieldsOf(resource);
    const network = plan.network(fields.requiredText("VpcId"), resource.origin);
    const type = known(fields.text("VpcEndpointType")) ?? "Gateway";
    const subnets = fields.texts("SubnetIds").map((given) => plan.subnet(given, network, resource.origin));
    const ids = subnets.map((subnet) => `${resource.id}.${subnet.id}`);
    plan.draft.add(
      "VpcEndpoints",
      {
        VpcEndpointId: resource.id,
        VpcId: network,
        VpcEndpointType: type,
        ServiceName: nameOf(fields.requiredText("ServiceName")),
        State: "available",
        NetworkInterfaceIds: ids,
        Tags: tagsOf(fields),
      },
      resource.origin,
    );
    for (const subnet of subnets) {
      interfaces.add({
        id: `${resource.id}.${subnet.id}`,
        origin: resource.origin,
        subnet,
        groups:
          type === "Interface" ? groupsOf(plan, fields, ["SecurityGroupIds"], network, resource.origin) : [],
        name: resource.id,
        ipv4: [undefined],
        ipv6: [],
        public: undefined,
        description: `VPC Endpoint Interface ${resource.id}`,
        check: true,
      });
    }
  }
}

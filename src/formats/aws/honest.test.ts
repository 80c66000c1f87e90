// What was not exported makes no verdict: a trace through it depends on it, and says on what.
import { expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import { TCP } from "../../packet/protocol.ts";
import { trace, type Trace } from "../../questions/trace.ts";
import { account, group, mainTable, nic, openAcl, readAws, small, subnet, vpc } from "./testing/read.ts";

const anyone = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
const open = group("sg-open", { IpPermissions: anyone, IpPermissionsEgress: anyone });
const ssh = (peer: object): object => ({ IpProtocol: "tcp", FromPort: 22, ToPort: 22, ...peer });
const wearing = (id: string): object => ({ Groups: [{ GroupId: id }] });

/** Two interfaces in two subnets of one VPC; everything is open but what a test closes or leaves out. */
const base = {
  ...small,
  "subnets.json": {
    Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24"), subnet("subnet-2", "vpc-1", "10.0.2.0/24")],
  },
  "sg.json": { SecurityGroups: [open] },
  "nic.json": {
    NetworkInterfaces: [
      nic("eni-a", "subnet-1", "10.0.1.4", wearing("sg-open")),
      nic("eni-b", "subnet-2", "10.0.2.4", wearing("sg-open")),
    ],
  },
} as const;

const ask = (files: Readonly<Record<string, unknown>>): Trace =>
  trace(mergeEstate("test", [readAws(files)]), { from: "eni-a", to: "eni-b", protocol: TCP, port: 22 });
const causes = (answer: Trace): string => answer.dependsOn.map((one) => one.what).join("; ");

const guarded = (peer: object): Readonly<Record<string, unknown>> => ({
  ...base,
  "sg.json": { SecurityGroups: [open, group("sg-b", { IpPermissions: [ssh(peer)] })] },
  "nic.json": {
    NetworkInterfaces: [
      nic("eni-a", "subnet-1", "10.0.1.4", wearing("sg-open")),
      nic("eni-b", "subnet-2", "10.0.2.4", wearing("sg-b")),
    ],
  },
});

test("where everything was exported the answer is certain", () => {
  expect(ask(base).answer).toBe("allowed");
  expect(ask(guarded({ IpRanges: [{ CidrIp: "10.0.9.0/24" }] })).answer).toBe("denied");
});

test("a group that was not exported leaves the answer open", () => {
  const answer = ask({
    ...base,
    "nic.json": {
      NetworkInterfaces: [
        nic("eni-a", "subnet-1", "10.0.1.4", wearing("sg-open")),
        nic("eni-b", "subnet-2", "10.0.2.4", wearing("sg-missing")),
      ],
    },
  });
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(/the rules of sg-missing were not exported/);
});

test("a group of an account that was not exported leaves the answer open", () => {
  const answer = ask(guarded({ UserIdGroupPairs: [{ GroupId: "sg-far", UserId: "444455556666" }] }));
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(/the members of sg-far .* were not exported/);
});

test("a prefix list without its entries leaves the answer open", () => {
  const answer = ask(guarded({ PrefixListIds: [{ PrefixListId: "pl-1" }] }));
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(/the entries of the prefix list pl-1 were not exported/);
});

test("a stale reference is certain: it lets nobody in", () => {
  expect(ask(guarded({ UserIdGroupPairs: [{ GroupId: "sg-gone", UserId: account }] })).answer).toBe("denied");
});

test("network ACLs that were not exported leave the answer open, those of another VPC do not stand in for them", () => {
  const answer = ask({ ...base, "acls.json": { NetworkAcls: [openAcl("acl-9", "vpc-9")] } });
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(/the network ACLs of vpc-1 were not exported/);
});

const route = (cidr: string, more: object): object => ({
  DestinationCidrBlock: cidr,
  State: "active",
  ...more,
});
const attachment = (id: string, network: string, place: string): object => ({
  TransitGatewayAttachmentId: id,
  TransitGatewayId: "tgw-1",
  VpcId: network,
  SubnetIds: [place],
  State: "available",
});
/** Two VPCs joined by a transit gateway. */
const joined = {
  ...base,
  "vpc2.json": { Vpcs: [vpc("vpc-2", "10.2.0.0/16")] },
  "subnets.json": {
    Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24"), subnet("subnet-2", "vpc-2", "10.2.2.0/24")],
  },
  "acls.json": { NetworkAcls: [openAcl("acl-1", "vpc-1"), openAcl("acl-2", "vpc-2")] },
  "routes.json": {
    RouteTables: [
      mainTable("rtb-1", "vpc-1", [route("10.2.0.0/16", { TransitGatewayId: "tgw-1" })]),
      mainTable("rtb-2", "vpc-2", [route("10.0.0.0/16", { TransitGatewayId: "tgw-1" })]),
    ],
  },
  "nic.json": {
    NetworkInterfaces: [
      nic("eni-a", "subnet-1", "10.0.1.4", wearing("sg-open")),
      nic("eni-b", "subnet-2", "10.2.2.4", { ...wearing("sg-open"), VpcId: "vpc-2" }),
    ],
  },
  "tgw.json": { TransitGateways: [{ TransitGatewayId: "tgw-1" }] },
  "attachments.json": {
    TransitGatewayVpcAttachments: [
      attachment("tgw-attach-1", "vpc-1", "subnet-1"),
      attachment("tgw-attach-2", "vpc-2", "subnet-2"),
    ],
  },
} as const;
const tables = {
  "tables.json": {
    TransitGatewayRouteTables: [{ TransitGatewayRouteTableId: "tgw-rtb-0a", TransitGatewayId: "tgw-1" }],
  },
  "associations-tgw-rtb-0a.json": {
    Associations: ["tgw-attach-1", "tgw-attach-2"].map((id) => ({
      TransitGatewayAttachmentId: id,
      State: "associated",
    })),
  },
};
const through = (id: string): object => ({
  Type: "propagated",
  TransitGatewayAttachments: [{ TransitGatewayAttachmentId: id }],
});
const search = {
  "routes-tgw-rtb-0a.json": {
    Routes: [route("10.0.0.0/16", through("tgw-attach-1")), route("10.2.0.0/16", through("tgw-attach-2"))],
  },
};

test("a transit gateway leads on for certain where its tables and routes were exported", () => {
  expect(ask({ ...joined, ...tables, ...search }).answer).toBe("allowed");
  expect(ask({ ...joined, ...tables, "routes-tgw-rtb-0a.json": { Routes: [] } }).answer).toBe("denied");
});

test.each([
  ["route tables", {}, /route table of tgw-attach-1 was not exported/],
  ["routes", tables, /the routes of tgw-rtb-0a were not exported/],
])("a transit gateway without its %s leaves the answer open", (_, more, cause) => {
  const answer = ask({ ...joined, ...more });
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(cause);
});

test("a gateway that was not exported leaves the answer open", () => {
  const { "tgw.json": _, "attachments.json": __, ...without } = joined;
  const answer = ask(without);
  expect(answer.answer).toBe("depends");
  expect(causes(answer)).toMatch(/what stands behind tgw-1 \(not exported/);
});

test("a load balancer whose listeners were not exported leaves the answer open", () => {
  const arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/1";
  const lb = { LoadBalancerArn: arn, LoadBalancerName: "shop", Type: "application", VpcId: "vpc-1" };
  const estate = (more: object) =>
    mergeEstate("test", [
      readAws({
        ...base,
        "lb.json": { LoadBalancers: [lb] },
        "nic.json": {
          NetworkInterfaces: [
            nic("eni-a", "subnet-1", "10.0.1.4", wearing("sg-open")),
            nic("eni-lb", "subnet-2", "10.0.2.4", { ...wearing("sg-open"), Description: "ELB app/shop/1" }),
          ],
        },
        ...more,
      }),
    ]);
  const question = { from: "eni-a", to: "shop", protocol: TCP, port: 443 };
  const open = trace(estate({}), question);
  expect([open.answer, causes(open)]).toEqual(["depends", "the listeners of shop were not exported"]);
  const none = { "listeners.json": { LoadBalancerArn: arn, Listeners: [] } };
  expect(trace(estate(none), question).answer).toBe("denied");
});

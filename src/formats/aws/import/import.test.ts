import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EstatePart } from "../../../estate/model.ts";
import { Problem } from "../../../problem.ts";
import { awsReader } from "../reader.ts";
import { importAws, permittedActions, type ImportProgress } from "./import.ts";
import { openSession } from "./session.ts";
import { startEc2Server, type Ec2Server, type Listing, type Refuse, type Xml } from "./testing/ec2-server.ts";

const account = "111122223333";
const ec2 = (set: string, perPage: number, ...items: Xml[]): Listing => ({
  set,
  element: "item",
  items,
  perPage,
  dialect: "ec2",
});
const balancer = `arn:aws:elasticloadbalancing:eu-central-1:${account}:loadbalancer/app/shop/0a1b`;
const group = `arn:aws:elasticloadbalancing:eu-central-1:${account}:targetgroup/web/0c2d`;
const listener = `arn:aws:elasticloadbalancing:eu-central-1:${account}:listener/app/shop/0a1b/0e3f`;

const permission = (port: string, cidr: string): Xml => ({
  ipProtocol: "tcp",
  fromPort: port,
  toPort: port,
  ipRanges: [{ cidrIp: cidr, description: `port ${port}` }],
});

/** A VPC with two subnets, a web server behind a load balancer, and a transit gateway. */
const estate: Readonly<Record<string, Listing>> = {
  DescribeVpcs: ec2("vpcSet", 1, vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "10.1.0.0/16")),
  DescribeSubnets: ec2(
    "subnetSet",
    1,
    subnet("subnet-1", "vpc-1", "10.0.1.0/24"),
    subnet("subnet-2", "vpc-1", "10.0.2.0/24"),
    subnet("subnet-3", "vpc-2", "10.1.1.0/24"),
  ),
  DescribeRouteTables: ec2(
    "routeTableSet",
    1,
    routeTable("rtb-1", "vpc-1", [
      { destinationCidrBlock: "10.0.0.0/16", gatewayId: "local", state: "active" },
      { destinationCidrBlock: "0.0.0.0/0", gatewayId: "igw-1", state: "active" },
      { destinationCidrBlock: "10.1.0.0/16", transitGatewayId: "tgw-1", state: "active" },
    ]),
    routeTable("rtb-2", "vpc-2", [
      { destinationCidrBlock: "10.1.0.0/16", gatewayId: "local", state: "active" },
    ]),
  ),
  DescribeInternetGateways: ec2("internetGatewaySet", 5, {
    internetGatewayId: "igw-1",
    attachmentSet: [{ vpcId: "vpc-1", state: "available" }],
  }),
  DescribeNetworkInterfaces: ec2(
    "networkInterfaceSet",
    1,
    nic("eni-1", "subnet-1", "10.0.1.10", "", "i-1"),
    nic("eni-2", "subnet-2", "10.0.2.20", "ELB app/shop/0a1b", ""),
  ),
  DescribeInstances: ec2("reservationSet", 5, {
    ownerId: account,
    instancesSet: [
      {
        instanceId: "i-1",
        instanceState: { code: "16", name: "running" },
        tagSet: [{ key: "Name", value: "web & more" }],
        launchTime: "2026-01-02T03:04:05.000Z",
      },
    ],
  }),
  DescribeSecurityGroups: ec2(
    "securityGroupInfo",
    1,
    {
      ownerId: account,
      groupId: "sg-web",
      groupName: "web",
      vpcId: "vpc-1",
      ipPermissions: [permission("443", "0.0.0.0/0")],
      ipPermissionsEgress: [],
    },
    {
      ownerId: account,
      groupId: "sg-db",
      groupName: "db",
      vpcId: "vpc-1",
      ipPermissions: [
        {
          ipProtocol: "tcp",
          fromPort: "5432",
          toPort: "5432",
          groups: [{ groupId: "sg-web", userId: account }],
        },
      ],
      ipPermissionsEgress: [],
    },
  ),
  DescribeSecurityGroupRules: ec2(
    "securityGroupRuleSet",
    1,
    { ...sgr("sgr-1", "sg-web", "443"), cidrIpv4: "0.0.0.0/0", description: "port 443" },
    { ...sgr("sgr-2", "sg-db", "5432"), referencedGroupInfo: { groupId: "sg-web", userId: account } },
  ),
  DescribeNetworkAcls: ec2("networkAclSet", 1, acl("acl-1", "vpc-1"), acl("acl-2", "vpc-2")),
  DescribeManagedPrefixLists: ec2("prefixListSet", 5, { prefixListId: "pl-0a", prefixListName: "offices" }),
  GetManagedPrefixListEntries: ec2("entrySet", 1, { cidr: "192.0.2.0/24" }, { cidr: "198.51.100.0/24" }),
  DescribeTransitGateways: ec2("transitGatewaySet", 5, { transitGatewayId: "tgw-1", ownerId: account }),
  DescribeTransitGatewayRouteTables: ec2("transitGatewayRouteTables", 5, {
    transitGatewayRouteTableId: "tgw-rtb-1",
    transitGatewayId: "tgw-1",
    state: "available",
  }),
  DescribeTransitGatewayVpcAttachments: ec2(
    "transitGatewayVpcAttachments",
    1,
    attachment("tgw-attach-1", "vpc-1", "subnet-1"),
    attachment("tgw-attach-2", "vpc-2", "subnet-3"),
  ),
  GetTransitGatewayRouteTableAssociations: ec2(
    "associations",
    1,
    {
      transitGatewayAttachmentId: "tgw-attach-1",
      resourceId: "vpc-1",
      resourceType: "vpc",
      state: "associated",
    },
    {
      transitGatewayAttachmentId: "tgw-attach-2",
      resourceId: "vpc-2",
      resourceType: "vpc",
      state: "associated",
    },
  ),
  SearchTransitGatewayRoutes: ec2(
    "routeSet",
    5,
    tgwRoute("10.0.0.0/16", "tgw-attach-1", "propagated"),
    tgwRoute("10.1.0.0/16", "tgw-attach-2", "static"),
    { destinationCidrBlock: "10.9.0.0/16", type: "static", state: "blackhole" },
  ),
  "DescribeLoadBalancers 2015-12-01": {
    set: "LoadBalancers",
    element: "member",
    perPage: 1,
    dialect: "query",
    items: [
      {
        LoadBalancerArn: balancer,
        LoadBalancerName: "shop",
        Scheme: "internet-facing",
        Type: "application",
        VpcId: "vpc-1",
      },
    ],
  },
  DescribeTargetGroups: {
    set: "TargetGroups",
    element: "member",
    perPage: 1,
    dialect: "query",
    items: [
      {
        TargetGroupArn: group,
        TargetGroupName: "web",
        Protocol: "HTTP",
        Port: "8080",
        TargetType: "instance",
      },
    ],
  },
  DescribeTargetHealth: {
    set: "TargetHealthDescriptions",
    element: "member",
    perPage: 5,
    dialect: "query",
    items: [{ Target: { Id: "i-1", Port: "8080" }, TargetHealth: { State: "healthy" } }],
  },
  DescribeListeners: {
    set: "Listeners",
    element: "member",
    perPage: 5,
    dialect: "query",
    items: [{ ListenerArn: listener, LoadBalancerArn: balancer, Protocol: "HTTPS", Port: "443" }],
  },
  DescribeRules: {
    set: "Rules",
    element: "member",
    perPage: 5,
    dialect: "query",
    items: [
      {
        RuleArn: `${listener.replace(":listener/", ":listener-rule/")}/1a2b`,
        Actions: { member: { Type: "forward", TargetGroupArn: group } },
      },
    ],
  },
};

function vpc(id: string, cidr: string): Xml {
  return {
    vpcId: id,
    cidrBlock: cidr,
    ownerId: account,
    cidrBlockAssociationSet: [{ cidrBlock: cidr, cidrBlockState: { state: "associated" } }],
  };
}
function subnet(id: string, network: string, cidr: string): Xml {
  return {
    subnetId: id,
    vpcId: network,
    cidrBlock: cidr,
    availabilityZone: "eu-central-1a",
    ownerId: account,
  };
}
function routeTable(id: string, network: string, routes: Xml[]): Xml {
  const associationSet = [{ routeTableAssociationId: "rtbassoc-1", main: "true" }];
  return { routeTableId: id, vpcId: network, routeSet: routes, associationSet };
}
function nic(id: string, place: string, address: string, description: string, instance: string): Xml {
  return {
    networkInterfaceId: id,
    subnetId: place,
    vpcId: "vpc-1",
    description,
    groupSet: [{ groupId: "sg-web" }],
    sourceDestCheck: "true",
    privateIpAddressesSet: [{ privateIpAddress: address, primary: "true" }],
    ...(instance === "" ? {} : { attachment: { instanceId: instance, deviceIndex: "0" } }),
  };
}
function sgr(id: string, groupId: string, port: string): { readonly [element: string]: Xml } {
  return {
    securityGroupRuleId: id,
    groupId,
    groupOwnerId: account,
    isEgress: "false",
    ipProtocol: "tcp",
    fromPort: port,
    toPort: port,
  };
}
function acl(id: string, network: string): Xml {
  const entry = { ruleNumber: "100", protocol: "-1", ruleAction: "allow", cidrBlock: "0.0.0.0/0" };
  return {
    networkAclId: id,
    vpcId: network,
    default: "true",
    ownerId: account,
    entrySet: [
      { ...entry, egress: "false" },
      { ...entry, egress: "true" },
    ],
  };
}
function attachment(id: string, network: string, place: string): Xml {
  return {
    transitGatewayAttachmentId: id,
    transitGatewayId: "tgw-1",
    vpcId: network,
    state: "available",
    subnetIds: [place],
  };
}
function tgwRoute(cidr: string, id: string, type: string): Xml {
  return {
    destinationCidrBlock: cidr,
    type,
    state: "active",
    transitGatewayAttachments: [{ transitGatewayAttachmentId: id, resourceType: "vpc" }],
  };
}

let folder = "";
const servers: Ec2Server[] = [];
const serve = async (refusals: Record<string, Refuse> = {}): Promise<Ec2Server> => {
  const server = await startEc2Server(estate, refusals);
  servers.push(server);
  return server;
};
const denied = (code: string): Refuse => ({
  status: 403,
  code,
  message: "You are not authorized to do this.",
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringwall-import-test-"));
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "no-config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "no-credentials"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) await server.close();
  await rm(folder, { recursive: true, force: true });
});

const importInto = (server: Ec2Server, out: string, seen: ImportProgress[] = []) =>
  importAws({ region: "eu-central-1", endpointUrl: server.url, out }, (progress) => seen.push(progress));

async function readBack(place: string): Promise<EstatePart> {
  const names = (await readdir(place)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(place, name), text: await readFile(join(place, name), "utf8") })),
  );
  expect(files.filter((file) => !awsReader.recognises(file)).map((file) => file.path)).toEqual([]);
  return awsReader.read(files);
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const outcome: unknown = await promise.then(
    () => "no problem",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Problem);
  return outcome as Problem;
}

test("an import of several pages is whole, and what it wrote is the estate", async () => {
  const out = join(folder, "estate");
  const seen: ImportProgress[] = [];
  const report = await importInto(await serve(), out, seen);
  expect(report).toMatchObject({
    account,
    region: "eu-central-1",
    folder: join(out, account, "eu-central-1"),
  });
  const part = await readBack(report.folder);
  expect([...(part.networks?.keys() ?? [])]).toEqual(["vpc-1", "vpc-2"]);
  expect(part.networks?.get("vpc-1")).toMatchObject({ account, region: "eu-central-1" });
  expect([...(part.subnets?.keys() ?? [])]).toEqual(["subnet-1", "subnet-2", "subnet-3"]);
  expect(part.hosts?.get("i-1")).toMatchObject({ name: "web & more", interfaces: ["eni-1"], running: true });
  expect(part.securityGroups?.get("sg-db")?.inbound).toMatchObject([
    { id: "sgr-2", ports: [5432, 5432], peer: { kind: "group", id: "sg-web" }, origin: { id: "sgr-2" } },
  ]);
  expect(part.prefixLists?.get("pl-0a")?.set.v4).toHaveLength(4);
  const transit = part.gateways?.get("tgw-1");
  if (transit?.kind !== "transit") throw new Error("no transit gateway");
  expect(transit.attachments.map((one) => [one.id, one.network, one.subnets, one.routeTable])).toEqual([
    ["tgw-attach-1", "vpc-1", ["subnet-1"], "tgw-rtb-1"],
    ["tgw-attach-2", "vpc-2", ["subnet-3"], "tgw-rtb-1"],
  ]);
  expect(transit.routeTables[0]?.routes.map((route) => [route.text, route.propagated])).toEqual([
    ["10.0.0.0/16 → tgw-attach-1", true],
    ["10.1.0.0/16 → tgw-attach-2", false],
    ["10.9.0.0/16 → blackhole", false],
  ]);
  const shop = part.loadBalancers?.get(balancer);
  expect(shop).toMatchObject({ kind: "application", interfaces: ["eni-2"], internetFacing: true });
  expect(shop?.listeners).toMatchObject([
    { ports: [443, 443], targets: [{ interface: "eni-1", port: 8080, healthy: true }] },
  ]);
  expect(part.unknowns).toEqual([]);
  const last = seen.at(-1);
  expect(last?.done).toBe(last?.total);
  expect(
    seen.filter((progress) => progress.call === "describe-subnets").map((progress) => progress.items),
  ).toEqual([1, 2, 3]);
});

test("a call that AWS limits is asked again until it answers", async () => {
  const server = await serve({
    DescribeSubnets: {
      status: 503,
      code: "RequestLimitExceeded",
      message: "Request limit exceeded.",
      times: 1,
    },
  });
  const report = await importInto(server, join(folder, "estate"));
  expect(server.asked.filter((action) => action === "DescribeSubnets")).toHaveLength(1 + 3);
  expect((await readBack(report.folder)).subnets?.size).toBe(3);
});

test("a call that is denied and not needed is written down, and an unknown of the estate", async () => {
  const server = await serve({
    DescribeDBInstances: denied("AccessDenied"),
    DescribeVpnGateways: denied("UnauthorizedOperation"),
  });
  const report = await importInto(server, join(folder, "estate"));
  expect(report.calls.filter((call) => call.denied !== undefined).map((call) => call.call)).toEqual([
    "describe-vpn-gateways",
    "rds-describe-db-instances",
  ]);
  const names = await readdir(report.folder);
  expect(names).not.toContain("describe-vpn-gateways.json");
  const { unknowns } = await readBack(report.folder);
  expect(unknowns?.map((one) => one.what)).toEqual([
    expect.stringMatching(/^describe-vpn-gateways was refused .*UnauthorizedOperation/),
    expect.stringMatching(/^rds-describe-db-instances was refused .*AccessDenied/),
  ]);
});

test("without a call that every answer needs nothing is written", async () => {
  const out = join(folder, "estate");
  const problem = await problemOf(
    importInto(await serve({ DescribeNetworkAcls: denied("UnauthorizedOperation") }), out),
  );
  expect(problem.code).toBe("remote");
  expect(problem.message).toMatch(/describe-network-acls/);
  expect(problem.remedy).toMatch(/ec2:DescribeNetworkAcls/);
  expect(await readdir(out)).toEqual([]);
});

test("credentials that AWS does not accept are a problem with their remedy", async () => {
  const server = await serve({
    DescribeVpcs: { status: 401, code: "AuthFailure", message: "not validated" },
  });
  const problem = await problemOf(importInto(server, join(folder, "estate")));
  expect(problem.code).toBe("remote");
  expect(problem.message).toMatch(/does not accept these credentials/);
});

test("no credentials at all are a problem that says where to put them", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
  const server = await serve();
  const problem = await problemOf(importInto(server, join(folder, "estate")));
  expect(problem.message).toMatch(/no AWS credentials/);
  expect(problem.remedy).toMatch(/--profile/);
  expect(server.asked).toEqual([]);
});

test("without a region anywhere the question is which", async () => {
  vi.stubEnv("AWS_REGION", undefined);
  vi.stubEnv("AWS_DEFAULT_REGION", undefined);
  const server = await serve();
  const problem = await problemOf(importAws({ endpointUrl: server.url, out: join(folder, "estate") }));
  expect(problem.code).toBe("usage");
  expect(problem.remedy).toMatch(/--region/);
});

test("an endpoint where nobody listens is a problem that names it", async () => {
  const server = await serve();
  await server.close();
  const problem = await problemOf(importInto(server, join(folder, "estate")));
  expect(problem.code).toBe("remote");
  expect(problem.message).toMatch(/can't be reached \(ECONNREFUSED/);
});

test("a folder with something else in it is left alone", async () => {
  const out = join(folder, "mine");
  await mkdir(join(out, "photos"), { recursive: true });
  await writeFile(join(out, "photos", "castle.jpg"), "x");
  const server = await serve();
  const problem = await problemOf(importInto(server, out));
  expect(problem.code).toBe("usage");
  expect(server.asked).toEqual([]);
  expect(await readdir(join(out, "photos"))).toEqual(["castle.jpg"]);
});

test("an import replaces the one before it and leaves nothing beside it", async () => {
  const out = join(folder, "estate");
  const server = await serve();
  const report = await importInto(server, out);
  await writeFile(join(report.folder, "stale.json"), "{}");
  await importInto(server, out);
  expect(await readdir(out)).toEqual([account]);
  expect(await readdir(report.folder)).not.toContain("stale.json");
});

test("every call on the list reads, and no other call leaves the machine", async () => {
  expect([...permittedActions].filter((action) => !/^(?:Describe|Get|Search)[A-Z]/.test(action))).toEqual([]);
  const server = await serve();
  const session = await openSession({ region: "eu-central-1", endpointUrl: server.url }, permittedActions);
  const refused = session.ec2.send(new session.sdk.ec2.TerminateInstancesCommand({ InstanceIds: ["i-1"] }));
  await expect(refused).rejects.toThrow(/TerminateInstances is not one of the calls that only read/);
  session.close();
  expect(server.asked).toEqual([]);
});

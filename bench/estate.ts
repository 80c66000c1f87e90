// A trace in an account of 10 000 interfaces and 1 000 security groups that name each other. The twin answers the two
// groups' question alone, and looks for a group's members among all interfaces, rule by rule.
import { indexOf } from "../src/estate/estate-index.ts";
import { mergeEstate } from "../src/estate/merge.ts";
import type { Estate, Interface } from "../src/estate/model.ts";
import { awsReader } from "../src/formats/aws/reader.ts";
import { holds } from "../src/packet/intervals.ts";
import { TCP } from "../src/packet/protocol.ts";
import { trace } from "../src/questions/trace.ts";
import type { SecurityGroupRule } from "../src/layers/security-group/model.ts";
import { measure, type Line } from "./measure.ts";

const interfaces = 10_000;
const groups = 1_000;
const subnets = 40;

const groupOf = (at: number): string => `sg-${String(at % groups).padStart(4, "0")}`;
const addressOf = (at: number): string => `10.0.${Math.floor(at / 250) % subnets}.${4 + (at % 250)}`;

/** As `aws ec2 describe-*` would print it, all in one. */
export function account(): string {
  const permission = (at: number, port: number) => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    IpRanges: [],
    UserIdGroupPairs: [{ GroupId: groupOf(at), UserId: "111122223333" }],
  });
  return JSON.stringify({
    Vpcs: [{ VpcId: "vpc-1", CidrBlock: "10.0.0.0/16", OwnerId: "111122223333" }],
    Subnets: Array.from({ length: subnets }, (_, at) => ({
      SubnetId: `subnet-${at}`,
      VpcId: "vpc-1",
      CidrBlock: `10.0.${at}.0/24`,
    })),
    RouteTables: [
      {
        RouteTableId: "rtb-1",
        VpcId: "vpc-1",
        Associations: [{ Main: true, RouteTableId: "rtb-1" }],
        Routes: [{ DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" }],
      },
    ],
    SecurityGroups: Array.from({ length: groups }, (_, at) => ({
      GroupId: groupOf(at),
      GroupName: `group-${at}`,
      VpcId: "vpc-1",
      IpPermissions: [1, 2, 3, 5, 8, 13].map((step) => permission(at + groups - step, 8000 + step)),
      IpPermissionsEgress: [1, 2, 3, 5, 8, 13].map((step) => permission(at + step, 8000 + step)),
    })),
    NetworkInterfaces: Array.from({ length: interfaces }, (_, at) => ({
      NetworkInterfaceId: `eni-${at}`,
      SubnetId: `subnet-${Math.floor(at / 250) % subnets}`,
      VpcId: "vpc-1",
      InterfaceType: "interface",
      SourceDestCheck: true,
      Groups: [{ GroupId: groupOf(at) }, { GroupId: groupOf(at + 500) }],
      PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: addressOf(at) }],
    })),
  });
}

function membersOf(estate: Estate, group: string): Interface[] {
  return [...estate.interfaces.values()].filter((place) => place.securityGroups.includes(group));
}

function naiveRule(estate: Estate, rule: SecurityGroupRule, far: Interface, port: number): boolean {
  if (rule.protocol !== "any" && rule.protocol !== TCP) return false;
  const { peer } = rule;
  if (peer.kind !== "group") return false;
  const members = membersOf(estate, peer.id);
  return (
    (rule.ports === undefined || holds(rule.ports, port)) && members.some((place) => place.id === far.id)
  );
}

function naive(estate: Estate, from: Interface, to: Interface, port: number): boolean {
  const rules = (place: Interface, way: "inbound" | "outbound"): SecurityGroupRule[] =>
    place.securityGroups.flatMap((id) => [...(estate.securityGroups.get(id)?.[way] ?? [])]);
  return (
    rules(from, "outbound").some((rule) => naiveRule(estate, rule, to, port)) &&
    rules(to, "inbound").some((rule) => naiveRule(estate, rule, from, port))
  );
}

export async function benchEstate(): Promise<Line[]> {
  const text = account();
  const read = (): Estate => mergeEstate("bench", [awsReader.read([{ path: "account.json", text }])]);
  const parsing = await measure(() => void JSON.parse(text), { rounds: 5 });
  const reading = await measure(read, { rounds: 3, warm: 1 });
  const estate = read();
  // A copy each time, since an estate's index is kept.
  const indexing = await measure(() => void indexOf({ ...estate }), { rounds: 5 });
  const pairs = Array.from({ length: 20 }, (_, at) => [at * 37, at * 37 + 13] as const);
  const ask = ([from, to]: readonly [number, number]): string =>
    trace(estate, { from: `eni-${from}`, to: `eni-${to}`, protocol: TCP, port: 8013 }).answer;
  const askNaively = ([from, to]: readonly [number, number]): string => {
    const [source, target] = [estate.interfaces.get(`eni-${from}`), estate.interfaces.get(`eni-${to}`)];
    if (source === undefined || target === undefined) throw new Error("an interface is missing");
    return naive(estate, source, target, 8013) ? "allowed" : "denied";
  };
  for (const pair of pairs)
    if (ask(pair) !== askNaively(pair)) throw new Error(`the twin says otherwise of ${pair.join(" and ")}`);
  const tracing = await measure(() => pairs.map(ask), { rounds: 7 });
  const twin = await measure(() => pairs.map(askNaively), { rounds: 3, warm: 1 });
  return [
    {
      what: `read ${interfaces} interfaces, ${groups} groups (${(text.length / 1e6).toFixed(1)} MB)`,
      ours: reading.ms,
      unit: "ms",
      peer: parsing.ms,
      against: "JSON.parse alone, without places",
    },
    { what: "make its index", ours: indexing.ms, unit: "ms", against: "once for an estate" },
    {
      what: "a trace in it, there and back",
      ours: tracing.ms / pairs.length,
      unit: "ms",
      peer: twin.ms / pairs.length,
      against: "scanning all interfaces for each rule, one way, groups alone",
    },
  ];
}

// A made-up account for the reach benchmark: 20 VPCs with ten subnets each, a network ACL before every subnet, a thousand
// groups that name each other, prefix lists, peering, internet and NAT gateways. More interfaces are more of the same: the
// classes stay.
import { mergeEstate } from "../src/estate/merge.ts";
import type {
  Estate,
  EstatePart,
  Gateway,
  Interface,
  Place,
  Route,
  RouteTable,
  RouteTarget,
  Subnet,
} from "../src/estate/model.ts";
import type { NetworkAcl, NetworkAclEntry } from "../src/layers/nacl/model.ts";
import type { Peer, SecurityGroup, SecurityGroupRule } from "../src/layers/security-group/model.ts";
import { requirePrefix, type Address } from "../src/packet/address.ts";
import { addressSet, allIpv4, prefixSet } from "../src/packet/address-set.ts";
import { TCP, UDP } from "../src/packet/protocol.ts";

export const networks = 20;
const subnetsEach = 10;
const groupsEach = 50;
const lists = 10;

const origin = { file: "reach-estate", line: 1 };
const place = (id: string): Place => ({ id, name: id, tags: {}, origin });
const byId = <T extends Place>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.id, item]));
const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const vpc = (at: number): string => `vpc-${at}`;
const subnetId = (network: number, at: number): string => `subnet-${network}-${at}`;
const groupId = (network: number, at: number): string => `sg-${network}-${(at + groupsEach) % groupsEach}`;
const isPublic = (at: number): boolean => at < 2;
const addressOf = (network: number, subnet: number, at: number): Address => ({
  family: 4,
  value: ((10 << 24) | (network << 16) | ((subnet * 16) << 8)) + 10 + at,
});

const natAddress = (network: number): Address => ({ family: 4, value: (44 << 24) + network * 256 + 1 });

/** Every second VPC is joined with its two neighbours. */
const peerings = times(networks, (at) => [at, (at + 1) % networks] as const).filter(
  ([at]) => at % 2 === 0 || at % 3 === 0,
);

function tcp(ports: readonly [number, number], peer: Peer): SecurityGroupRule {
  return { protocol: TCP, ports, peer, origin, text: `tcp ${ports.join("-")}` };
}

function groupOf(network: number, at: number): SecurityGroup {
  const peerVpc = peerings.find(([one]) => one === network)?.[1];
  const named = (id: string): Peer => ({ kind: "group", id });
  const list = (number: number): Peer => ({ kind: "prefix-list", id: `pl-${number % lists}` });
  return {
    ...place(groupId(network, at)),
    network: vpc(network),
    inbound: [
      ...[1, 2, 3].map((step) => tcp([8000 + step, 8000 + step], named(groupId(network, at - step)))),
      tcp([443, 443], at % 10 === 0 ? { kind: "addresses", set: allIpv4 } : list(at)),
      tcp([22, 22], { kind: "addresses", set: addressSet(`10.${network}.0.0/20`) }),
      ...(peerVpc === undefined ? [] : [tcp([5432, 5432], named(groupId(peerVpc, at)))]),
    ],
    outbound: [
      ...[1, 2, 3].map((step) => tcp([8000 + step, 8000 + step], named(groupId(network, at + step)))),
      tcp([443, 443], { kind: "addresses", set: allIpv4 }),
      tcp([5432, 5432], { kind: "addresses", set: addressSet("10.0.0.0/8") }),
      { protocol: UDP, ports: [53, 53], peer: list(at + 1), origin, text: "udp 53" },
    ],
  };
}

function entry(
  number: number,
  action: "allow" | "deny",
  ports: readonly [number, number] | undefined,
  peer: string,
  protocol = TCP,
): NetworkAclEntry {
  return {
    number,
    action,
    protocol,
    ...(ports === undefined ? {} : { ports }),
    peer: addressSet(peer),
    origin,
    text: `${number} ${action}`,
  };
}

function aclOf(network: number, at: number): NetworkAcl {
  const entries = (): NetworkAclEntry[] => [
    entry(50, "deny", undefined, `198.51.${network}.0/24`),
    entry(90, "deny", [3389, 3389], "0.0.0.0/0"),
    entry(100, "allow", [443, 443], "0.0.0.0/0"),
    entry(110, "allow", [22, 22], `10.${network}.0.0/16`),
    entry(120, "allow", [8000 + (at % 3), 8010], "10.0.0.0/8"),
    entry(130, "allow", [5432, 5432], "10.0.0.0/8"),
    entry(140, "allow", [1024, 65535], "0.0.0.0/0"),
    entry(150, "allow", [53, 53], "0.0.0.0/0", UDP),
    entry(160, "allow", [32768, 65535], "0.0.0.0/0", UDP),
  ];
  return { ...place(`acl-${network}-${at}`), network: vpc(network), inbound: entries(), outbound: entries() };
}

function route(to: string, target: RouteTarget): Route {
  const prefix = requirePrefix(to);
  return { destination: prefixSet(prefix), prefixes: [prefix], target, propagated: false, origin, text: to };
}

function tablesOf(network: number): RouteTable[] {
  const joined = peerings.flatMap(([one, other]) => {
    const far = one === network ? other : other === network ? one : undefined;
    return far === undefined
      ? []
      : [route(`10.${far}.0.0/16`, { kind: "gateway", id: `pcx-${one}-${other}` })];
  });
  const table = (id: string, way: string): RouteTable => ({
    ...place(id),
    network: vpc(network),
    main: false,
    routes: [
      route(`10.${network}.0.0/16`, { kind: "local" }),
      ...joined,
      route("0.0.0.0/0", { kind: "gateway", id: way }),
    ],
  });
  return [
    table(`rtb-${network}-public`, `igw-${network}`),
    table(`rtb-${network}-private`, `nat-${network}`),
  ];
}

function gatewaysOf(network: number): Gateway[] {
  return [
    { ...place(`igw-${network}`), kind: "internet", networks: [vpc(network)] },
    {
      ...place(`nat-${network}`),
      kind: "nat",
      subnet: subnetId(network, 0),
      interface: `eni-nat-${network}`,
      privateAddress: addressOf(network, 0, -1),
      publicAddress: natAddress(network),
    },
  ];
}

function subnetsOf(network: number): Subnet[] {
  return times(subnetsEach, (at) => ({
    ...place(subnetId(network, at)),
    network: vpc(network),
    prefixes: [requirePrefix(`10.${network}.${at * 16}.0/20`)],
    routeTable: `rtb-${network}-${isPublic(at) ? "public" : "private"}`,
    networkAcl: `acl-${network}-${at}`,
    packetFilters: [],
  }));
}

function interfacesOf(network: number, each: number): Interface[] {
  const own = times(subnetsEach * each, (number): Interface => {
    const subnet = Math.floor(number / each);
    const at = number % each;
    // A tier stands in two subnets; ten tiers share them.
    const group = Math.floor(subnet / 2) * 10 + (at % 10);
    const shown: Address = { family: 4, value: (44 << 24) + (1 << 23) + ((network * 2 + subnet) << 13) + at };
    return {
      ...place(`eni-${network}-${subnet}-${at}`),
      kind: "instance",
      subnet: subnetId(network, subnet),
      addresses: [
        { address: addressOf(network, subnet, at), ...(isPublic(subnet) ? { public: shown } : {}) },
      ],
      securityGroups: [groupId(network, group)],
      sourceDestinationCheck: true,
    };
  });
  const nat: Interface = {
    ...place(`eni-nat-${network}`),
    kind: "nat-gateway",
    subnet: subnetId(network, 0),
    addresses: [{ address: addressOf(network, 0, -1), public: natAddress(network) }],
    securityGroups: [],
    sourceDestinationCheck: false,
    owner: `nat-${network}`,
  };
  return [nat, ...own];
}

/** @param interfaces how many in all, over 200 subnets */
export function reachEstate(interfaces: number): Estate {
  const numbers = times(networks, (at) => at);
  const each = Math.round(interfaces / networks / subnetsEach);
  const part: EstatePart = {
    networks: byId(
      numbers.map((at) => ({
        ...place(vpc(at)),
        kind: "vpc" as const,
        prefixes: [requirePrefix(`10.${at}.0.0/16`)],
      })),
    ),
    subnets: byId(numbers.flatMap(subnetsOf)),
    routeTables: byId(numbers.flatMap(tablesOf)),
    gateways: byId<Gateway>([
      ...numbers.flatMap(gatewaysOf),
      ...peerings.map(([one, other]): Gateway => ({
        ...place(`pcx-${one}-${other}`),
        kind: "peering",
        requester: vpc(one),
        accepter: vpc(other),
        active: true,
      })),
    ]),
    networkAcls: byId(numbers.flatMap((network) => times(subnetsEach, (at) => aclOf(network, at)))),
    securityGroups: new Map(
      numbers.flatMap((network) =>
        times(groupsEach, (at) => groupOf(network, at)).map((group) => [group.id, group] as const),
      ),
    ),
    prefixLists: byId(
      times(lists, (at) => ({
        ...place(`pl-${at}`),
        set: addressSet(...times(20, (number) => `203.0.${at * 20 + number}.0/26`)),
      })),
    ),
    interfaces: byId(numbers.flatMap((network) => interfacesOf(network, each))),
  };
  return mergeEstate("reach bench", [part]);
}

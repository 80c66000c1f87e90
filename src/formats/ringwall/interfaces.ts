// Lowers what has an address: the interfaces of hosts, load balancers and NAT gateways. The subnet of each follows from
// its address; two of them never share one.
import type { Host, Interface, InterfaceKind, Network, Subnet } from "../../estate/model.ts";
import { formatAddress, formatPrefix, parseAddress, type Address } from "../../packet/address.ts";
import { hasAddress, prefixSet } from "../../packet/address-set.ts";
import { originText } from "../../problem.ts";
import type { Path } from "./document.ts";
import { entries, many, type Drawing } from "./drawing.ts";

/** Everything with a place of its own, before the rings are put on. */
export interface Places {
  readonly networks: Map<string, Network>;
  readonly subnets: Map<string, Subnet>;
  readonly hosts: Map<string, Host>;
  readonly interfaces: Map<string, Interface>;
  /** Interfaces by the name of their owner: hosts, load balancers, NAT gateways. */
  readonly owned: Map<string, Interface[]>;
}

/** What a host, load balancer, NAT gateway or one interface of them says of its addresses. */
interface Addressed {
  readonly address?: string | string[] | undefined;
  readonly "public-address"?: string | undefined;
  readonly subnet?: string | undefined;
  readonly "security-groups"?: string | string[] | undefined;
  readonly forwards?: boolean | undefined;
  readonly interfaces?: Readonly<Record<string, Addressed>> | undefined;
}

export function lowerInterfaces(
  drawing: Drawing,
  places: Places,
  path: Path,
  owner: string,
  kind: InterfaceKind,
): void {
  const section: Readonly<Record<string, Addressed>> | undefined =
    kind === "instance"
      ? drawing.file.hosts
      : kind === "load-balancer"
        ? drawing.file["load-balancers"]
        : drawing.file["nat-gateways"];
  const item = section?.[owner];
  if (item === undefined) return;
  const { document } = drawing;
  if (item.interfaces === undefined) {
    if (item.address === undefined)
      drawing.refuse(
        "meaning",
        `“${owner}” has no address`,
        document.keyAt(path),
        "give it “address:”, or several under “interfaces:”",
      );
    lowerInterface(drawing, places, { path, owner, device: "eth0", kind, item });
    return;
  }
  for (const key of ["address", "public-address", "subnet", "security-groups", "forwards"] as const) {
    if (item[key] !== undefined)
      drawing.refuse(
        "meaning",
        `“${key}” stands beside “interfaces”, and can't say which of them it means`,
        document.keyAt([...path, key]),
        "write it under each interface",
      );
  }
  const named = entries(item.interfaces);
  if (named.length === 0)
    drawing.refuse(
      "meaning",
      "at least one interface was expected",
      document.valueAt([...path, "interfaces"]),
    );
  for (const [device, each] of named) {
    drawing.attempt(
      () => {
        const at = [...path, "interfaces", device];
        if (each.address === undefined)
          drawing.refuse(
            "meaning",
            `interface “${device}” has no address`,
            document.keyAt(at),
            "give it “address:”",
          );
        lowerInterface(drawing, places, { path: at, owner, device, kind, item: each });
      },
      "place",
      ["subnet"],
    );
  }
}

interface InterfaceEntry {
  readonly path: Path;
  readonly owner: string;
  readonly device: string;
  readonly kind: InterfaceKind;
  readonly item: Addressed;
}

function lowerInterface(drawing: Drawing, places: Places, entry: InterfaceEntry): void {
  const { path, owner, device, kind, item } = entry;
  const { document } = drawing;
  const addresses = many(item.address, [...path, "address"]).map(({ value, path: at }) => ({
    address: requireAddress(drawing, value, at),
    at,
  }));
  const subnets = addresses.map(({ address, at }) =>
    subnetOf(drawing, places, address, at, item.subnet, path),
  );
  const [subnet] = subnets;
  if (subnet === undefined)
    return drawing.refuse(
      "meaning",
      "at least one address was expected",
      document.valueAt([...path, "address"]),
    );
  // A load balancer has an interface in every subnet that it stands in; a host's interface stands in one.
  const groups = [...Map.groupBy(addresses, (_, at) => subnets[at] ?? subnet)];
  if (groups.length > 1 && kind !== "load-balancer")
    drawing.refuse(
      "meaning",
      `its addresses lie in ${groups.map(([each]) => `subnet ${each.name}`).join(" and ")}; an interface stands in one`,
      document.valueAt([...path, "address"]),
      "draw several interfaces: “interfaces: { eth0: { address: … }, eth1: { address: … } }”",
    );
  const own = places.owned.get(owner) ?? [];
  for (const [at, [home, members]] of groups.entries()) {
    const name = groups.length === 1 ? device : `eth${at}`;
    const publicAddress = at === 0 ? readPublic(drawing, item, path, members[0]?.address) : undefined;
    const made: Interface = {
      id: `${owner}/${name}`,
      name: `${owner}/${name}`,
      tags: {},
      origin: document.keyAt(path),
      kind,
      subnet: home.id,
      addresses: members.map(({ address }, index) =>
        index === 0 && publicAddress !== undefined ? { address, public: publicAddress } : { address },
      ),
      securityGroups: many(item["security-groups"], path).map((group) => group.value),
      sourceDestinationCheck: kind === "instance" && item.forwards !== true,
      owner,
      device: name,
    };
    places.interfaces.set(made.id, made);
    own.push(made);
  }
  places.owned.set(owner, own);
}

function requireAddress(drawing: Drawing, text: string, path: Path): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  return drawing.failAt(path)(
    `“${text}” is not an address such as 10.0.1.10 or 2001:db8::10`,
    0,
    text.includes("/") ? "leave the length out: an interface has one address" : undefined,
  );
}

function readPublic(
  drawing: Drawing,
  item: Addressed,
  path: Path,
  own: Address | undefined,
): Address | undefined {
  const text = item["public-address"];
  if (text === undefined) return undefined;
  const at = [...path, "public-address"];
  const address = requireAddress(drawing, text, at);
  if (address.family === 6 || own?.family === 6)
    drawing.failAt(at)(
      address.family === 6
        ? "an IPv6 address needs no public one: it is its own"
        : "a public IPv4 address belongs to an IPv4 address: put that one first",
      0,
    );
  return address;
}

function subnetOf(
  drawing: Drawing,
  places: Places,
  address: Address,
  at: Path,
  explicit: string | undefined,
  path: Path,
): Subnet {
  const holds = (subnet: Subnet): boolean =>
    subnet.prefixes.some((prefix) => hasAddress(prefixSet(prefix), address));
  const text = formatAddress(address);
  if (explicit !== undefined) {
    const subnet = drawing.named("subnet", places.subnets, explicit, [...path, "subnet"]);
    if (holds(subnet)) return subnet;
    return drawing.failAt(at)(
      `${text} lies outside subnet ${subnet.name} (${subnet.prefixes.map(formatPrefix).join(", ")})`,
      0,
    );
  }
  const [first, second] = [...places.subnets.values()].filter(holds);
  if (first === undefined)
    return drawing.failAt(at)(
      `${text} lies in no subnet of this file`,
      0,
      places.subnets.size === 0
        ? "draw the subnet under subnets:"
        : `there is ${[...places.subnets.values()]
            .slice(0, 6)
            .map((each) => `${each.name} (${each.prefixes.map(formatPrefix).join(", ")})`)
            .join(", ")}`,
      "reference",
    );
  if (second === undefined) return first;
  return drawing.failAt(at)(
    `${text} lies in subnet ${first.name} and in ${second.name}`,
    0,
    `say which with “subnet: ${first.name}”`,
  );
}

/** Two interfaces of one network, or of the whole internet, can't have one address. */
export function checkAddresses(drawing: Drawing, places: Places): void {
  const seen = new Map<string, Interface>();
  for (const each of places.interfaces.values()) {
    const network = places.subnets.get(each.subnet)?.network ?? "";
    for (const { address, public: outside } of each.addresses) {
      const keys = [
        `${network} ${formatAddress(address)}`,
        ...(outside === undefined ? [] : [formatAddress(outside)]),
      ];
      for (const key of keys) {
        const other = seen.get(key);
        if (other !== undefined) {
          drawing.attempt(() =>
            drawing.refuse(
              "reference",
              `${each.owner ?? each.id} has the address ${key.replace(/^.* /, "")}, and so has ${other.owner ?? other.id} at ${originText(other.origin)}`,
              each.origin,
              "give each its own address",
            ),
          );
        }
        seen.set(key, each);
      }
    }
  }
}

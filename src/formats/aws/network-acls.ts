// Network ACLs: their numbered entries by direction, and which subnets they stand before. The closing deny (32767 for
// IPv4, 32768 for IPv6) is the ring's default and no entry.
import type { NetworkAcl, NetworkAclEntry } from "../../layers/nacl/model.ts";
import { formatPrefix } from "../../packet/address.ts";
import { allAddresses, prefixSet } from "../../packet/address-set.ts";
import { Problem, originText, type Origin } from "../../problem.ts";
import type { Inventory } from "./inventory.ts";
import {
  child,
  children,
  hasField,
  misshapen,
  optionalFlag,
  optionalText,
  optionalWhole,
  originOf,
  prefixAt,
  strangeKeys,
  text,
  whole,
  type Item,
} from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";
import { uncertainKey, whyUncertain } from "./planned/marks.ts";
import { serviceAt, serviceWords } from "./service.ts";

const lastNumber = 32766;

export function readNetworkAcls(inventory: Inventory): Map<string, NetworkAcl> {
  return once(
    "network ACL",
    inventory.of("NetworkAcls").map((item) => readAcl(item, inventory)),
  );
}

function readAcl(item: Item, inventory: Inventory): NetworkAcl {
  const id = text(item, "NetworkAclId");
  if (item.value["Entries"] === undefined) misshapen(item, "Entries", "a list of entries");
  const entries = children(item, "Entries").map((entry) => ({
    egress: optionalFlag(entry, "Egress") ?? misshapen(entry, "Egress", "true or false"),
    entry: readEntry(entry, id, inventory),
  }));
  const directed = (egress: boolean): NetworkAclEntry[] => {
    const own = entries.filter((one) => one.egress === egress).map((one) => one.entry);
    refuseDoubles(id, egress ? "outbound" : "inbound", own);
    return own.filter((entry) => entry.number <= lastNumber);
  };
  return {
    ...placeOf(item, id),
    network: text(item, "VpcId"),
    inbound: directed(false),
    outbound: directed(true),
  };
}

/** EC2 refuses a second entry of one number and direction, so an export that has it was edited or cut together. */
function refuseDoubles(id: string, direction: string, entries: readonly NetworkAclEntry[]): void {
  const taken = new Map<number, Origin>();
  for (const entry of entries) {
    const before = taken.get(entry.number);
    if (before !== undefined && entry.number <= lastNumber) {
      throw new Problem(
        "meaning",
        `${id} has two ${direction} entries of number ${entry.number}: the first stands at ${originText(before)}`,
        {
          origin: entry.origin,
          remedy: "the lowest number decides, so each may stand only once: renumber one of them",
        },
      );
    }
    taken.set(entry.number, entry.origin);
  }
}

const entryKeys: ReadonlySet<string> = new Set([
  "RuleNumber",
  "RuleAction",
  "Protocol",
  "PortRange",
  "IcmpTypeCode",
  "CidrBlock",
  "Ipv6CidrBlock",
  "Egress",
  uncertainKey,
]);

function readEntry(entry: Item, acl: string, inventory: Inventory): NetworkAclEntry {
  const number = whole(entry, "RuleNumber");
  const origin = originOf(entry, `${acl} rule ${number}`);
  if (number < 1 || number > 32768) misshapen(entry, "RuleNumber", "a number from 1 to 32766");
  const action = text(entry, "RuleAction");
  if (action !== "allow" && action !== "deny") misshapen(entry, "RuleAction", "“allow” or “deny”");
  for (const key of strangeKeys(entry, entryKeys)) {
    inventory.unknown(origin, `${entry.path}.${key}`, "left aside: the entry is read without it");
  }
  const ports = child(entry, "PortRange");
  const icmp = child(entry, "IcmpTypeCode");
  const service = serviceAt(
    entry,
    "Protocol",
    {
      first: ports === undefined ? undefined : optionalWhole(ports, "From"),
      last: ports === undefined ? undefined : optionalWhole(ports, "To"),
    },
    {
      first: icmp === undefined ? undefined : optionalWhole(icmp, "Type"),
      last: icmp === undefined ? undefined : optionalWhole(icmp, "Code"),
    },
  );
  const uncertain = whyUncertain(entry);
  if (uncertain !== undefined) {
    inventory.unknown(origin, uncertain, "the entry: matched or not, can't be known");
  }
  const { peer, name } = peerOf(entry, uncertain !== undefined);
  const direction = optionalFlag(entry, "Egress") === true ? "to" : "from";
  const perhaps = uncertain === undefined ? "" : " (perhaps)";
  return {
    number,
    action,
    ...service,
    peer,
    ...(uncertain === undefined ? {} : { uncertain }),
    origin,
    text: `${number} ${action} ${serviceWords(service)} ${direction} ${name}${perhaps}`,
  };
}

/** An entry that is uncertain may be without a prefix: then it may be for every address. */
function peerOf(
  entry: Item,
  uncertain: boolean,
): { readonly peer: NetworkAclEntry["peer"]; readonly name: string } {
  const key = optionalText(entry, "CidrBlock") === undefined ? "Ipv6CidrBlock" : "CidrBlock";
  if (uncertain && !hasField(entry, key)) return { peer: allAddresses, name: "any" };
  const prefix = prefixAt(entry, key);
  return { peer: prefixSet(prefix), name: formatPrefix(prefix) };
}

/** Which ACL stands before which subnet. @throws Problem `reference` where two claim one subnet */
export function aclAssociations(inventory: Inventory): Map<string, string> {
  const claims = inventory.of("NetworkAcls").flatMap((item) =>
    children(item, "Associations").map((association) => ({
      id: text(association, "SubnetId"),
      acl: text(item, "NetworkAclId"),
      origin: originOf(association),
    })),
  );
  return new Map(
    [...once("the network ACL of subnet", claims)].map(([subnet, claim]) => [subnet, claim.acl]),
  );
}

/** Each VPC's own ACL: it stands before every subnet that names no other. */
export function defaultAcls(inventory: Inventory): Map<string, string> {
  return new Map(
    inventory
      .of("NetworkAcls")
      .filter((item) => optionalFlag(item, "IsDefault") === true)
      .map((item) => [text(item, "VpcId"), text(item, "NetworkAclId")]),
  );
}

/** Stands for an ACL that was not exported: every packet may be allowed or not. */
export function unknownAcl(id: string, network: string, origin: Origin): NetworkAcl {
  const uncertain = `the network ACLs of ${network} were not exported`;
  const entry: NetworkAclEntry = {
    number: 1,
    action: "allow",
    protocol: "any",
    peer: allAddresses,
    uncertain,
    origin: { ...origin, id },
    text: `not known: ${uncertain}`,
  };
  return { id, name: id, network, inbound: [entry], outbound: [entry], tags: {}, origin: { ...origin, id } };
}

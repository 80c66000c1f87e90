// Protocol, ports and ICMP type as EC2 writes them, in security group permissions and in network ACL entries. (EC2 API
// reference, IpPermission and NetworkAclEntry.)
import type { Service } from "../../layers/ports.ts";
import { ICMP, ICMPV6, parseProtocol, protocolName, TCP, UDP } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import { misshapen, originOf, text, type Item } from "./item.ts";

/** The two numbers beside a protocol: ports, or ICMP type and code. Absent where the export has none. */
export interface Bounds {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/**
 * A service from its protocol (name, number, or -1 for every one) and bounds. Protocols other than TCP, UDP, ICMP and
 * ICMPv6 cover all their ports whatever the bounds say, as the API reference has it.
 *
 * @throws Problem `meaning` for a protocol that is none, ports out of order, an ICMP code without a type
 */
export function serviceAt(item: Item, protocolKey: string, ports: Bounds, icmp: Bounds): Service {
  const written = text(item, protocolKey);
  if (written === "-1") return { protocol: "any" };
  const protocol = parseProtocol(written);
  if (protocol === undefined) {
    misshapen(item, protocolKey, "a protocol (tcp, udp, icmp, icmpv6, 0 to 255, or -1 for all)");
  }
  if (protocol === TCP || protocol === UDP) return { protocol, ports: portRange(item, protocol, ports) };
  if (protocol === ICMP || protocol === ICMPV6) return icmpService(item, protocol, icmp);
  return { protocol };
}

function portRange(item: Item, protocol: number, { first, last }: Bounds): [number, number] {
  if (first === undefined || last === undefined || first < 0 || last > 65535 || first > last) {
    throw new Problem(
      "meaning",
      `${item.path}: a rule for ${protocolName(protocol)} needs ports from 0 to 65535 in order, found ${first ?? "nothing"} to ${last ?? "nothing"}`,
      { origin: originOf(item), remedy: "all ports are written 0 to 65535, every protocol as -1" },
    );
  }
  return [first, last];
}

function icmpService(item: Item, protocol: number, { first, last }: Bounds): Service {
  const type = first ?? -1;
  const code = last ?? -1;
  if (type < -1 || type > 255 || code < -1 || code > 255) {
    throw new Problem(
      "meaning",
      `${item.path}: ICMP type and code are -1 (all) to 255, found ${type}, ${code}`,
      {
        origin: originOf(item),
      },
    );
  }
  if (type === -1 && code !== -1) {
    throw new Problem(
      "meaning",
      `${item.path}: ICMP code ${code} without a type: where the type is -1 the code is -1 too`,
      {
        origin: originOf(item),
      },
    );
  }
  if (type === -1) return { protocol };
  return { protocol, icmp: code === -1 ? { type } : { type, code } };
}

/** `tcp 443`, `udp 1000–2000`, `icmp type 8`, `all traffic`: as the console shows it, on one line. */
export function serviceWords({ protocol, ports, icmp }: Service): string {
  if (protocol === "any") return "all traffic";
  const name = protocolName(protocol);
  if (ports !== undefined) {
    const [first, last] = ports;
    if (first === 0 && last === 65535) return `${name} all ports`;
    return first === last ? `${name} ${first}` : `${name} ${first}–${last}`;
  }
  if (icmp !== undefined)
    return `${name} type ${icmp.type}${icmp.code === undefined ? "" : ` code ${icmp.code}`}`;
  return name;
}

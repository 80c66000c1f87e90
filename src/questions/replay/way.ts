// Which way a captured packet goes through a host: it comes to the host, is sent by it, or is forwarded; and by which
// interfaces. From what the capture says (interface names, direction), the host's own addresses and routes, and options.
import { isForSelf, wayTo } from "../../layers/host/routing.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import { packetText } from "../../packet/packet.ts";
import { Problem } from "../../problem.ts";
import type { ReplayOptions, Sight } from "./model.ts";

export type HostWay =
  | {
      readonly kind: "arrives";
      readonly device?: string;
      readonly outDevice?: string;
      readonly to?: "self" | "elsewhere";
    }
  | { readonly kind: "made"; readonly outDevice?: string }
  /** The host's other interface showed the same packet before. */
  | { readonly kind: "seen"; readonly why: string };

/** `isReply`: the packet belongs to a connection that the host saw begin the other way. */
export function hostWay(
  firewall: HostFirewall,
  sight: Sight,
  options: ReplayOptions,
  isReply: () => boolean,
): HostWay {
  const { packet } = sight;
  const device = deviceOf(sight) ?? onlyDevice(firewall);
  const direction = sight.captured.direction ?? sight.decoded.direction;
  const shared = packet.linkType === "broadcast" || packet.linkType === "multicast";
  const fromSelf = isForSelf(firewall, packet.source);
  const toSelf = isForSelf(firewall, packet.destination) ?? (shared ? true : undefined);
  if (fromSelf === true) {
    if (direction === "in" && toSelf === true)
      return { kind: "seen", why: "the host sent it to itself: judged when it was sent" };
    return leaves(toSelf === true ? undefined : (device ?? options.out));
  }
  if (direction === "out") {
    if (fromSelf === false) return { kind: "seen", why: "forwarded: judged when it came in" };
    return leaves(device ?? options.out);
  }
  if (toSelf === true) return arrives(device ?? options.in, "self");
  if (fromSelf === false || (options.in !== undefined && options.out !== undefined))
    return forwarded(firewall, sight, options, isReply);
  if (options.in !== undefined || direction === "in")
    return arrives(device ?? options.in, toSelf === false ? "elsewhere" : "self");
  if (options.out !== undefined) return leaves(device ?? options.out);
  throw new Problem(
    "unanswerable",
    `packet ${sight.captured.number} (${packetText(packet)}): nothing says whether ${firewall.name} receives or sends it`,
    {
      origin: firewall.origin,
      remedy:
        "name the host's own addresses with --local 192.0.2.10, put its “ip addr” beside the rules, or say with --in eth0 that all packets come in there",
    },
  );
}

function arrives(device: string | undefined, to: "self" | "elsewhere"): HostWay {
  return { kind: "arrives", ...(device === undefined ? {} : { device }), to };
}

function leaves(outDevice: string | undefined): HostWay {
  return { kind: "made", ...(outDevice === undefined ? {} : { outDevice }) };
}

function forwarded(
  firewall: HostFirewall,
  sight: Sight,
  options: ReplayOptions,
  isReply: () => boolean,
): HostWay {
  const device = deviceOf(sight);
  const ahead = routed(firewall, sight.packet.destination);
  const back = routed(firewall, sight.packet.source);
  if (device !== undefined && device === ahead && back !== undefined && back !== ahead)
    return { kind: "seen", why: `forwarded from ${back}: judged when it came in there` };
  // Options name the interfaces of a connection's first packet; its replies go the other way.
  const turned = device === undefined && options.in !== undefined && options.out !== undefined && isReply();
  const given = turned ? { in: options.out, out: options.in } : options;
  const inDevice = device ?? given.in ?? back;
  const outDevice = given.out ?? ahead;
  return {
    kind: "arrives",
    ...(inDevice === undefined ? {} : { device: inDevice }),
    ...(outDevice === undefined ? {} : { outDevice }),
    to: "elsewhere",
  };
}

/** `any` is what tcpdump and Wireshark call all interfaces together. */
function deviceOf(sight: Sight): string | undefined {
  const name = sight.captured.interface;
  return name === undefined || name === "any" ? undefined : name;
}

const onlyDevices = new WeakMap<HostFirewall, { readonly device?: string }>();

/** The one interface of a host that has but one, beside loopback. */
function onlyDevice(firewall: HostFirewall): string | undefined {
  const before = onlyDevices.get(firewall);
  if (before !== undefined) return before.device;
  const devices = new Set(firewall.addresses.map((local) => local.device));
  devices.delete("lo");
  // Addresses from --local may stand on an interface that nobody named.
  devices.delete("");
  const [only] = devices;
  const device = devices.size === 1 ? only : undefined;
  onlyDevices.set(firewall, device === undefined ? {} : { device });
  return device;
}

function routed(firewall: HostFirewall, address: Sight["packet"]["destination"]): string | undefined {
  const way = wayTo(firewall, address);
  return way.kind === "leaves" ? way.device : undefined;
}

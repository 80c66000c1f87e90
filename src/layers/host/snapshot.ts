// A Linux host as it stands at this moment: what listens, its devices and ways, its firewall, and the counters that tell of
// trouble. Data only; formats/linux fills it in.
import type { Address } from "../../packet/address.ts";
import type { HostFirewall } from "./model.ts";

/** Something that listens: a line of /proc/net/tcp or udp. */
export interface ListeningSocket {
  readonly protocol: number;
  readonly address: Address;
  readonly port: number;
  /** Connections that wait to be accepted (TCP). */
  readonly waiting: number;
  readonly program?: string;
  readonly processId?: number;
}

export interface Device {
  readonly name: string;
  readonly up: boolean;
}

/** What the kernel answers to `ip route get`: the way to an address. */
export interface RouteAnswer {
  readonly device?: string;
  readonly via?: string;
  readonly source?: Address;
  /** In the kernel's own words. */
  readonly text: string;
  readonly reachable: boolean;
}

/** What connecting from the host to itself came to. */
export interface Attempt {
  readonly address: Address;
  readonly outcome: "connected" | "refused" | "timeout" | "unreachable";
}

/** A thing that was looked at and could not be read, with the reason. */
export interface Unread {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

/** The host as it stands now. Absent fields could not be read; `unread` says why. */
export interface HostSnapshot {
  readonly name: string;
  readonly sockets: readonly ListeningSocket[];
  /** Whether a socket on :: takes IPv4 as well (net.ipv6.bindv6only is 0). */
  readonly dualStack: boolean;
  readonly devices: readonly Device[];
  readonly firewall?: HostFirewall;
  readonly wayToClient?: RouteAnswer;
  readonly conntrack?: { readonly count: number; readonly max: number; readonly dropped: number };
  readonly listenOverflows?: number;
  /** 0 off, 1 strict, 2 loose; the stricter of `all` and the device's own counts (ip-sysctl). */
  readonly reversePathFilter: ReadonlyMap<string, number>;
  readonly forwarding?: { readonly v4: boolean; readonly v6: boolean };
  /** Rules of policy routing beyond the three that every host has. */
  readonly policyRules: readonly string[];
  readonly attempts: readonly Attempt[];
  readonly unread: readonly Unread[];
}

// Takes down how this Linux host stands at this moment, for `doctor`: it reads /proc, asks `ip`, lists the firewall and
// connects to itself. It changes nothing.
import { connect } from "node:net";
import { hostname } from "node:os";
import type { Attempt, Device, HostSnapshot, RouteAnswer, Unread } from "../../layers/host/snapshot.ts";
import { formatAddress, parseAddress, type Address } from "../../packet/address.ts";
import { TCP } from "../../packet/protocol.ts";
import { readLiveFirewall } from "./firewall.ts";
import { listeningSockets } from "./sockets.ts";
import { thisSystem, type System } from "./system.ts";

export interface SnapshotQuestion {
  readonly protocol: number;
  readonly port: number;
  readonly client?: Address;
  readonly server?: Address;
}

const attemptMs = 1500;

/**
 * @example const host = await takeSnapshot({ protocol: TCP, port: 8080 });
 */
export async function takeSnapshot(
  question: SnapshotQuestion,
  system: System = thisSystem,
): Promise<HostSnapshot> {
  const name = hostname();
  const unread: Unread[] = [];
  const live = readLiveFirewall(system, name);
  unread.push(...live.unread);
  const conntrack = conntrackOf(system);
  const overflows = counter(system.read("/proc/net/netstat"), "TcpExt", "ListenOverflows");
  const wayToClient = wayTo(system, question.client);
  const servers = attemptAddresses(question, wayToClient);
  return {
    name,
    sockets: listeningSockets(system),
    dualStack: system.read("/proc/sys/net/ipv6/bindv6only")?.trim() !== "1",
    devices: devicesOf(system, unread),
    ...(live.firewall === undefined ? {} : { firewall: live.firewall }),
    ...(wayToClient === undefined ? {} : { wayToClient }),
    ...(conntrack === undefined ? {} : { conntrack }),
    ...(overflows === undefined ? {} : { listenOverflows: overflows }),
    reversePathFilter: reversePathFilters(system),
    forwarding: {
      v4: system.read("/proc/sys/net/ipv4/ip_forward")?.trim() === "1",
      v6: system.read("/proc/sys/net/ipv6/conf/all/forwarding")?.trim() === "1",
    },
    policyRules: policyRules(system),
    attempts:
      question.protocol === TCP
        ? await Promise.all(servers.map((address) => attempt(address, question.port)))
        : [],
    unread,
  };
}

/** The table's size and what it has dropped (Documentation/networking/nf_conntrack-sysctl). */
function conntrackOf(system: System): HostSnapshot["conntrack"] {
  const count = system.read("/proc/sys/net/netfilter/nf_conntrack_count");
  const max = system.read("/proc/sys/net/netfilter/nf_conntrack_max");
  if (count === undefined || max === undefined) return undefined;
  return { count: Number(count), max: Number(max), dropped: conntrackDrops(system) };
}

/** Summed over the processors; numbers are hexadecimal there. */
function conntrackDrops(system: System): number {
  const [heading, ...rows] = (system.read("/proc/net/stat/nf_conntrack") ?? "").trim().split("\n");
  const column = heading?.trim().split(/\s+/).indexOf("drop") ?? -1;
  if (column < 0) return 0;
  return rows.reduce((sum, row) => sum + Number.parseInt(row.trim().split(/\s+/)[column] ?? "0", 16), 0);
}

/** A counter of /proc/net/netstat: a line of names, then a line of numbers. */
function counter(text: string | undefined, group: string, name: string): number | undefined {
  const [names, values] = (text ?? "").split("\n").filter((line) => line.startsWith(`${group}:`));
  const at = names?.split(" ").indexOf(name) ?? -1;
  const value = values?.split(" ")[at];
  return at < 0 || value === undefined ? undefined : Number(value);
}

function devicesOf(system: System, unread: Unread[]): Device[] {
  const ran = system.run("ip", ["-o", "link"]);
  if (!ran.ok) {
    unread.push({
      what: "ip link",
      why: ran.missing ? "ip is not installed" : ran.complaint,
      remedy: "install iproute2",
    });
    return [];
  }
  return ran.output.split("\n").flatMap((line) => {
    const [, name, flags] = /^\d+: ([^:@]+)[^<]*<([^>]*)>/.exec(line) ?? [];
    return name === undefined || flags === undefined
      ? []
      : [{ name, up: flags.split(",").includes("UP") && !flags.split(",").includes("NO-CARRIER") }];
  });
}

/** Any address of the internet stands for “anybody”: TEST-NET-3 is nobody's own. */
const anybody = "203.0.113.1";

function wayTo(system: System, client: Address | undefined): RouteAnswer | undefined {
  const ran = system.run("ip", [
    "-o",
    "route",
    "get",
    client === undefined ? anybody : formatAddress(client),
  ]);
  if (ran.missing) return undefined;
  const text = (ran.ok ? ran.output : ran.complaint).trim().replaceAll(/\s+/g, " ");
  const word = (name: string): string | undefined => new RegExp(`\\b${name} (\\S+)`).exec(text)?.[1];
  const [device, via, source] = [word("dev"), word("via"), parseAddress(word("src") ?? "")];
  return {
    text: text.replace(/ uid \d+.*$/, ""),
    reachable: ran.ok && !/^(?:unreachable|blackhole|prohibit)\b/.test(text),
    ...(device === undefined ? {} : { device }),
    ...(via === undefined ? {} : { via }),
    ...(source === undefined ? {} : { source }),
  };
}

function reversePathFilters(system: System): Map<string, number> {
  const folder = "/proc/sys/net/ipv4/conf";
  return new Map(
    system
      .list(folder)
      .map((device) => [device, Number(system.read(`${folder}/${device}/rp_filter`) ?? "0")] as const),
  );
}

/** Every host has the rules 0, 32766 and 32767 (ip-rule(8)). */
function policyRules(system: System): string[] {
  return ["-4", "-6"].flatMap((family) =>
    system
      .run("ip", [family, "rule"])
      .output.split("\n")
      .map((line) => line.trim().replaceAll(/\s+/g, " "))
      .filter(
        (line) => line !== "" && !/^(?:0: from all lookup local|3276[67]: from all lookup \w+)$/.test(line),
      ),
  );
}

/** The address that clients use and the loopback one, to tell a program that listens on 127.0.0.1 alone. */
function attemptAddresses(question: SnapshotQuestion, way: RouteAnswer | undefined): Address[] {
  const server = question.server ?? way?.source;
  const loopback = parseAddress(server?.family === 6 ? "::1" : "127.0.0.1");
  return [server, loopback].flatMap((address) => address ?? []);
}

function attempt(address: Address, port: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host: formatAddress(address), port });
    const end = (outcome: Attempt["outcome"]): void => {
      socket.destroy();
      resolve({ address, outcome });
    };
    socket.setTimeout(attemptMs, () => end("timeout"));
    socket.once("connect", () => end("connected"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ECONNREFUSED" ? "refused" : error.code === "ETIMEDOUT" ? "timeout" : "unreachable"),
    );
  });
}

// Reading a dump of 5 500 rules and sending a packet through it. Peers: the kernel's own iptables-restore, and a twin
// that reads the dump anew for every packet.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readHostFirewall } from "../src/formats/iptables/reader.ts";
import type { HostFirewall } from "../src/layers/host/model.ts";
import { passHost } from "../src/layers/host/pass.ts";
import { parseAddress } from "../src/packet/address.ts";
import { SYN, type Packet } from "../src/packet/packet.ts";
import { TCP } from "../src/packet/protocol.ts";
import { ConnectionTable } from "../src/rules/connections/table.ts";
import { measure, type Line } from "./measure.ts";

const real = new URL(
  "../../shared/cases/iptables/dumps/tum__iptables-save-2016-06-27_16-29-01",
  import.meta.url,
);

interface Dump {
  readonly path: string;
  readonly text: string;
  /** A sender and its interface, whose packets meet the most rules. */
  readonly source: string;
  readonly device: string;
}

/** A public dump of that size where it is at hand, else one that is made up like it. */
export function largeDump(): Dump {
  // Its hardware addresses are blotted out, which iptables-restore refuses.
  const blotted = /XX:XX:XX:XX:XX:XX/g;
  if (existsSync(real))
    return {
      path: "tum.iptables",
      text: readFileSync(real, "utf8").replaceAll(blotted, "02:00:00:00:00:01"),
      // Its longest chain is the list of the hardware addresses of this network.
      source: "185.86.232.1",
      device: "eth1.1025",
    };
  return generatedDump();
}

/** A chain for each client, every one of which a packet passes by until it comes to its own. */
export function generatedDump(): Dump {
  const clients = Array.from({ length: 1100 }, (_, at) => at);
  const octets = (at: number): string => `${at >> 8}.${at & 255}`;
  const mac = (at: number): string =>
    `02:00:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`;
  const lines = [
    "*filter",
    ":INPUT DROP [0:0]",
    ":FORWARD DROP [0:0]",
    ":OUTPUT ACCEPT [0:0]",
    ...clients.map((at) => `:client-${at} - [0:0]`),
    ...clients.flatMap((at) => [
      `-A FORWARD -s 10.1.${octets(at)}/32 -i eth1 -j client-${at}`,
      `-A client-${at} -m mac ! --mac-source ${mac(at)} -j DROP`,
      `-A client-${at} -p tcp -m multiport --dports 22,80,443 -j ACCEPT`,
      `-A client-${at} -p udp -m udp --dport 53 -m state --state NEW -j ACCEPT`,
      `-A client-${at} -j RETURN`,
    ]),
    "COMMIT",
  ];
  return {
    path: "generated.iptables",
    text: `${lines.join("\n")}\n`,
    source: `10.1.${octets(clients.length - 1)}`,
    device: "eth1",
  };
}

function packetFor(source: string): Packet {
  const from = parseAddress(source);
  const to = parseAddress("198.51.100.10");
  if (from === undefined || to === undefined) throw new Error(`${source} is no address`);
  return {
    family: 4,
    source: from,
    destination: to,
    protocol: TCP,
    sourcePort: 50000,
    destinationPort: 443,
    tcpFlags: SYN,
    length: 60,
    sourceMac: "02:00:00:00:00:07",
  };
}

/** A new connection each time, so that every rule is asked. */
function send(firewall: HostFirewall, packet: Packet, device: string): void {
  passHost(firewall, {
    packet,
    origin: { kind: "arrives", device },
    outDevice: "eth0",
    to: "elsewhere",
    connections: new ConnectionTable(),
    now: 0,
    place: "bench",
  });
}

function restoreTest({ text }: Dump): string | undefined {
  const result = spawnSync("unshare", ["--net", "iptables-restore", "--test"], {
    input: text,
    encoding: "utf8",
  });
  if (result.error !== undefined && result.status === null) return result.error.message;
  return result.status === 0 ? undefined : result.stderr.trim().split("\n")[0];
}

export async function benchDump(): Promise<Line[]> {
  const dump = largeDump();
  const rules = dump.text.match(/^(?:\[\d+:\d+\] )?-A /gm)?.length ?? 0;
  const read = (): HostFirewall => readHostFirewall("bench", [{ path: dump.path, text: dump.text }]);
  const reading = await measure(read);
  const refusal = restoreTest(dump);
  const peer =
    refusal === undefined ? await measure(() => restoreTest(dump), { rounds: 5, warm: 1 }) : undefined;
  const firewall = read();
  const packet = packetFor(dump.source);
  const passes = 200;
  const passing = await measure(() => {
    for (let at = 0; at < passes; at += 1) send(firewall, packet, dump.device);
  });
  const anew = await measure(() => send(read(), packet, dump.device));
  return [
    {
      what: `read a dump of ${rules} rules (${Math.round(dump.text.length / 1024)} KB)`,
      ours: reading.ms,
      unit: "ms",
      ...(peer === undefined ? {} : { peer: peer.ms }),
      against: refusal === undefined ? "iptables-restore --test, whole process" : `none: ${refusal}`,
    },
    {
      what: "a new connection through it, by its longest chain",
      ours: passing.ms / passes,
      unit: "ms",
      peer: anew.ms,
      against: "reading the dump for every packet",
    },
  ];
}

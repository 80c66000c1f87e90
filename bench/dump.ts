// Reading a dump of 5 500 rules and sending a packet through it. Peers: the kernel's own iptables-restore, and a twin
// that reads the dump anew for every packet.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readHostFirewall } from "../src/formats/iptables/reader.ts";
import type { HostFirewall } from "../src/layers/host/model.ts";
import { passHost } from "../src/layers/host/pass.ts";
import { makeAddress } from "../src/packet/address.ts";
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
  readonly six: boolean;
}

/** A public dump of that size where it is at hand, else one that is made up like it: a chain a client, many RETURNs. */
export function largeDump(): Dump {
  // Its hardware addresses are blotted out, which iptables-restore refuses.
  const blotted = /XX:XX:XX:XX:XX:XX/g;
  if (existsSync(real))
    return {
      path: "tum.iptables",
      text: readFileSync(real, "utf8").replaceAll(blotted, "02:00:00:00:00:01"),
      six: false,
    };
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
  return { path: "generated.iptables", text: `${lines.join("\n")}\n`, six: false };
}

function packetFor(six: boolean): Packet {
  const address = (last: number) =>
    six ? makeAddress(6, (0x20010db8n << 96n) + BigInt(last)) : makeAddress(4, 0x0a02_0000 + last);
  return {
    family: six ? 6 : 4,
    source: address(7),
    destination: address(10),
    protocol: TCP,
    sourcePort: 50000,
    destinationPort: 443,
    tcpFlags: SYN,
    length: 60,
    sourceMac: "02:00:00:00:00:07",
  };
}

/** A new connection each time, so that every rule is asked. */
function send(firewall: HostFirewall, packet: Packet): void {
  passHost(firewall, {
    packet,
    origin: { kind: "arrives", device: "eth1" },
    outDevice: "eth0",
    to: "elsewhere",
    connections: new ConnectionTable(),
    now: 0,
    place: "bench",
  });
}

function restoreTest({ text, six }: Dump): string | undefined {
  const command = six ? "ip6tables-restore" : "iptables-restore";
  const result = spawnSync("unshare", ["--net", command, "--test"], { input: text, encoding: "utf8" });
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
  const packet = packetFor(dump.six);
  const passes = 200;
  const passing = await measure(() => {
    for (let at = 0; at < passes; at += 1) send(firewall, packet);
  });
  const anew = await measure(() => send(read(), packet));
  return [
    {
      what: `read a dump of ${rules} rules (${Math.round(dump.text.length / 1024)} KB)`,
      ours: reading.ms,
      unit: "ms",
      ...(peer === undefined ? {} : { peer: peer.ms }),
      against:
        refusal === undefined
          ? `${dump.six ? "ip6" : "ip"}tables-restore --test, whole process`
          : `none: ${refusal}`,
    },
    {
      what: "one packet through it",
      ours: passing.ms / passes,
      unit: "ms",
      peer: anew.ms,
      against: "reading the dump for every packet",
    },
  ];
}

// What listens on a Linux host: /proc/net/tcp, tcp6, udp and udp6 (proc(5)), and which program holds each socket.
import { endianness } from "node:os";
import { makeAddress, type Address, type Family } from "../../packet/address.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import type { ListeningSocket } from "../../layers/host/snapshot.ts";
import type { System } from "./system.ts";

const tables: readonly { file: string; protocol: number; family: Family }[] = [
  { file: "tcp", protocol: TCP, family: 4 },
  { file: "tcp6", protocol: TCP, family: 6 },
  { file: "udp", protocol: UDP, family: 4 },
  { file: "udp6", protocol: UDP, family: 6 },
];

/** TCP_LISTEN and, for UDP, TCP_CLOSE: a socket that no peer is bound to (include/net/tcp_states.h). */
const listening: ReadonlyMap<number, string> = new Map([
  [TCP, "0A"],
  [UDP, "07"],
]);

interface Row {
  readonly socket: ListeningSocket;
  readonly inode: string;
}

/** One of the tables; lines that are none of its rows are passed over (its heading). */
export function parseSockets(text: string, protocol: number, family: Family): Row[] {
  return text.split("\n").flatMap((line) => {
    const [, local, , state, queues, , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local?.split(":") ?? [];
    if (address === undefined || port === undefined || inode === undefined) return [];
    if (state !== listening.get(protocol)) return [];
    const bound = parseKernelAddress(address, family);
    if (bound === undefined) return [];
    // Of a listening socket the receive queue counts connections that wait for accept().
    const waiting = protocol === TCP ? Number.parseInt(queues?.split(":")[1] ?? "0", 16) : 0;
    return [{ socket: { protocol, address: bound, port: Number.parseInt(port, 16), waiting }, inode }];
  });
}

/** Addresses are printed as 32-bit words of the machine's own byte order. */
function parseKernelAddress(hex: string, family: Family): Address | undefined {
  if (!/^(?:[0-9A-F]{8}){1,4}$/i.test(hex) || hex.length !== (family === 4 ? 8 : 32)) return undefined;
  const words = hex.match(/.{8}/g) ?? [];
  const ordered = words.map((word) =>
    endianness() === "LE" ? (word.match(/../g) ?? []).toReversed().join("") : word,
  );
  return family === 4
    ? makeAddress(4, Number.parseInt(ordered[0] ?? "0", 16))
    : makeAddress(6, BigInt(`0x${ordered.join("")}`));
}

export function listeningSockets(system: System): ListeningSocket[] {
  const rows = tables.flatMap(({ file, protocol, family }) =>
    parseSockets(system.read(`/proc/net/${file}`) ?? "", protocol, family),
  );
  const holders = holdersOf(system, new Set(rows.map((row) => row.inode)));
  return rows.map(({ socket, inode }) => ({ ...socket, ...holders.get(inode) }));
}

/** Programs by the socket they hold; without root, one's own alone. */
function holdersOf(
  system: System,
  inodes: ReadonlySet<string>,
): Map<string, { program: string; processId: number }> {
  const holders = new Map<string, { program: string; processId: number }>();
  for (const entry of system.list("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    for (const descriptor of system.list(`/proc/${entry}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(system.link(`/proc/${entry}/fd/${descriptor}`) ?? "")?.[1];
      if (inode === undefined || !inodes.has(inode) || holders.has(inode)) continue;
      const program = system.read(`/proc/${entry}/comm`)?.trim() ?? "a program";
      holders.set(inode, { program, processId: Number(entry) });
    }
  }
  return holders;
}

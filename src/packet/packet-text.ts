// The packet as people write it on a command line: `tcp 203.0.113.7:50000 > 192.0.2.10:22 in eth0 flags SYN`.
import { Problem } from "../problem.ts";
import { parseAddress, type Address } from "./address.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, type Packet } from "./packet.ts";
import { hasPorts, ICMP, ICMPV6, parsePort, parseProtocol, TCP } from "./protocol.ts";

export interface WrittenPacket {
  readonly packet: Packet;
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly state?: "new" | "established";
}

const form = "tcp 203.0.113.7:50000 > 192.0.2.10:22 in eth0";
const flagBits: Readonly<Record<string, number>> = { FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NONE: 0 };

/**
 * @param text `PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT]` and any of `in NAME`, `out NAME`, `flags SYN,ACK`,
 *   `type N`, `code N`, `state new|established`, `mac aa:bb:…`, `length N`, `ttl N`; IPv6 with a port in brackets
 * @throws Problem `usage`
 */
export function parsePacketText(text: string): WrittenPacket {
  // Traces print flags as [SYN ACK]; what was copied from one reads the same.
  const spelt = text
    .trim()
    .replace(/\[([A-Za-z ]+)\]/, (_, names: string) => `flags ${names.trim().split(/ +/).join(",")}`);
  const words = spelt.split(/\s+/);
  const [protocolWord = "", sourceWord = "", arrow, destinationWord = "", ...rest] = words;
  const protocol = parseProtocol(protocolWord);
  if (protocol === undefined) throw usage(`“${protocolWord}” is no protocol`);
  if (arrow !== ">" && arrow !== "→" && arrow !== "->")
    throw usage("“>” was expected between source and destination");
  const source = parseEnd(sourceWord);
  const destination = parseEnd(destinationWord);
  if (source.address.family !== destination.address.family)
    throw usage("source and destination are of two address families");
  const { family } = source.address;
  const options = readOptions(rest);
  const number = protocol === ICMP && family === 6 ? ICMPV6 : protocol;
  if (hasPorts(number) && destination.port === undefined)
    throw usage(`${protocolWord} needs a destination port`);
  const echo = family === 4 ? 8 : 128;
  const icmp =
    number === ICMP || number === ICMPV6
      ? { icmpType: options.type ?? echo, icmpCode: options.code ?? 0, icmpId: 1 }
      : {};
  const packet: Packet = {
    family,
    source: source.address,
    destination: destination.address,
    protocol: number,
    ...(hasPorts(number)
      ? { sourcePort: source.port ?? [1024, 65535], destinationPort: destination.port ?? 0 }
      : {}),
    ...icmp,
    ...(number === TCP ? { tcpFlags: options.flags ?? (options.state === "established" ? ACK : SYN) } : {}),
    ...(options.length === undefined ? {} : { length: options.length }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.mac === undefined ? {} : { sourceMac: options.mac }),
  };
  return {
    packet,
    ...(options.in === undefined ? {} : { inInterface: options.in }),
    ...(options.out === undefined ? {} : { outInterface: options.out }),
    ...(options.state === undefined ? {} : { state: options.state }),
  };
}

interface Options {
  in?: string;
  out?: string;
  flags?: number;
  type?: number;
  code?: number;
  state?: "new" | "established";
  mac?: string;
  length?: number;
  ttl?: number;
}

function readOptions(words: readonly string[]): Options {
  const options: Options = {};
  for (let at = 0; at < words.length; at += 2) {
    const [key = "", value] = [words[at], words[at + 1]];
    if (value === undefined) throw usage(`a value was expected after “${key}”`);
    switch (key) {
      case "in":
      case "out":
      case "mac":
        options[key] = value;
        break;
      case "flags":
        options.flags = parseFlags(value);
        break;
      case "state":
        if (value !== "new" && value !== "established")
          throw usage(`state is new or established, not “${value}”`);
        options.state = value;
        break;
      case "type":
      case "code":
      case "length":
      case "ttl":
        options[key] = wholeNumber(key, value, key === "length" ? 65535 : 255);
        break;
      default:
        throw usage(`“${key}” is not known here: in, out, flags, type, code, state, mac, length, ttl are`);
    }
  }
  return options;
}

function parseFlags(value: string): number {
  let flags = 0;
  for (const name of value.toUpperCase().split(/[,|]/)) {
    const bit = Object.hasOwn(flagBits, name) ? flagBits[name] : undefined;
    if (bit === undefined)
      throw usage(`“${name}” is no TCP flag: FIN SYN RST PSH ACK URG ECE CWR are, or NONE`);
    flags |= bit;
  }
  return flags;
}

function wholeNumber(key: string, value: string, most: number): number {
  if (!/^\d{1,6}$/.test(value) || Number(value) > most)
    throw usage(`${key} is a number from 0 to ${most}, not “${value}”`);
  return Number(value);
}

function parseEnd(word: string): { readonly address: Address; readonly port?: number } {
  const bare = parseAddress(word);
  if (bare !== undefined) return { address: bare };
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(word);
  const plain = /^([^:]+)(?::(.+))?$/.exec(word);
  const match = bracketed ?? plain;
  const address = parseAddress(match?.[1] ?? "");
  if (address === undefined) throw usage(`“${word}” is not an address, or an address and a port`);
  const portWord = match?.[2];
  if (portWord === undefined) return { address };
  const port = parsePort(portWord);
  if (port === undefined) throw usage(`“${portWord}” is not a port: 0 to 65535 or a service name`);
  return { address, port };
}

function usage(message: string): Problem {
  return new Problem("usage", message, { remedy: `write it like: '${form}'` });
}

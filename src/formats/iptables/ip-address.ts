// Reads what `ip addr` prints (also `ip -o addr` and `ip -br addr`): which addresses the host has, on which device.
import { parsePrefix } from "../../packet/address.ts";
import { Problem, type Origin } from "../../problem.ts";
import type { LocalAddress } from "../../layers/host/model.ts";
import type { SourceFile } from "../reader.ts";
import { linesOf } from "./lines.ts";

export interface AddressList {
  readonly addresses: readonly LocalAddress[];
  /** Every device that was listed, in order, also those without an address. */
  readonly devices: readonly string[];
}

/** `2: eth0@if5: <BROADCAST,UP> mtu 1500 …` */
const linkPattern = /^\d+:\s+([^\s@:]+)(?:@[^\s:]+)?:\s+</;
/** `2: eth0    inet 10.0.0.1/24 …`, one line an address. */
const onelinePattern = /^\d+:\s+([^\s@:]+)(?:@\S+)?\s+(inet6?\s.*)$/;
/** `eth0@if5   UP   10.0.0.1/24 fe80::1/64` */
const briefPattern = /^([^\s@:]+)(?:@\S+)?\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT)\b\s*(.*)$/;

/**
 * @throws Problem for an address without its device, or one that is none
 * @example parseIpAddr(file).addresses.filter((address) => address.device === "eth0")
 */
export function parseIpAddr(file: SourceFile): AddressList {
  const addresses: LocalAddress[] = [];
  const devices: string[] = [];
  let device: string | undefined;
  const enter = (name: string): void => {
    device = name;
    if (!devices.includes(name)) devices.push(name);
  };
  for (const line of linesOf(file)) {
    const text = line.text.trim();
    if (text === "" || text.startsWith("#")) continue;
    const origin: Origin = { file: file.path, line: line.number };
    const link = linkPattern.exec(text);
    const oneline = onelinePattern.exec(text);
    const brief = briefPattern.exec(text);
    if (link?.[1] !== undefined) enter(link[1]);
    else if (oneline?.[1] !== undefined) {
      enter(oneline[1]);
      addresses.push(addressOf(oneline[1], oneline[2] ?? "", origin));
    } else if (brief?.[1] !== undefined) {
      enter(brief[1]);
      for (const word of (brief[2] ?? "").split(/\s+/)) {
        if (/[.:].*\/\d+$/.test(word)) addresses.push(addressOf(brief[1], `inet ${word}`, origin));
      }
    } else if (/^inet6?\s/.test(text)) {
      if (device === undefined) {
        throw new Problem("syntax", "an address stands here before any device", {
          origin,
          remedy: "a line such as “2: eth0: <UP> mtu 1500” has to come first, as “ip addr” prints it",
        });
      }
      addresses.push(addressOf(device, text, origin));
    } else if (!/^(?:link|altname|valid_lft|RX|TX|vrf|alias|promiscuity|\d+\s)/.test(text)) {
      throw new Problem("syntax", `“${text.slice(0, 40)}” is no line of “ip addr”`, { origin });
    }
  }
  return { addresses, devices };
}

/** `inet 10.0.0.1/24 brd …`, or `inet 10.0.0.1 peer 10.0.0.2/32`, where the host's own address stands first. */
function addressOf(device: string, text: string, origin: Origin): LocalAddress {
  const [, own = ""] = text.split(/\s+/);
  const prefix = parsePrefix(own);
  if (prefix === undefined) {
    throw new Problem("meaning", `“${own}” is no address with a prefix length`, { origin });
  }
  const { length, ...address } = prefix;
  return { device, address, length, origin: { ...origin, id: device } };
}

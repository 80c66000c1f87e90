// The smallest change to a host's rules that lets a refused packet through, in the language of the tool that made
// them. A proposal for people: it names one packet's addresses and ports, and is never applied by itself.
import { isAddress } from "../../packet/address-set.ts";
import { formatAddress } from "../../packet/address.ts";
import { numberText, type AddressValue, type NumberValue, type Packet } from "../../packet/packet.ts";
import { hasPorts, ICMP, ICMPV6, protocolName } from "../../packet/protocol.ts";
import type { Decision } from "../../rules/evaluate.ts";
import type { Note } from "./passage.ts";
import type { Walk } from "./walk.ts";

/** A command that would accept the packet just before what refuses it; undefined where no rule could (a nat chain). */
export function remedyFor(
  note: Extract<Note, { kind: "decided" }>,
  decision: Decision,
  walk: Walk,
): string | undefined {
  const { chain, table, base } = note.chain;
  if (base.type === "nat") return undefined;
  const first = decision.via[0] ?? decision.rule;
  const at = first === undefined ? -1 : chain.rules.indexOf(first);
  const known = note.state === "established" || note.state === "related";
  const view = {
    inDevice: note.hook === "output" || note.hook === "postrouting" ? undefined : walk.inDevice,
    outDevice: note.hook === "input" || note.hook === "prerouting" ? undefined : walk.outDevice,
  };
  if (table.engine === "iptables") {
    const program = table.family === "ip6" ? "ip6tables" : "iptables";
    const where = at < 0 ? `-A ${chain.name}` : `-I ${chain.name} ${at + 1}`;
    const inTable = table.name === "filter" ? "" : ` -t ${table.name}`;
    const what = known
      ? "-m conntrack --ctstate ESTABLISHED,RELATED"
      : iptablesMatch(note.packet, view.inDevice, view.outDevice);
    return `${program}${inTable} ${where} ${what} -j ACCEPT`;
  }
  const handle = /handle (\d+)/.exec(first?.origin.id ?? "")?.[1];
  const verb = at < 0 ? "add" : "insert";
  const position = at < 0 ? "" : handle === undefined ? ` index ${at}` : ` position ${handle}`;
  const what = known ? "ct state established,related" : nftMatch(note.packet, view.inDevice, view.outDevice);
  return `nft '${verb} rule ${table.family} ${table.name} ${chain.name}${position} ${what} accept'`;
}

function one(value: AddressValue): string | undefined {
  return isAddress(value) ? formatAddress(value) : undefined;
}

function ports(value: NumberValue | undefined, mark: string, list: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number") return String(value);
  // More than one interval would need a list of its own; then the port is left open.
  return value.length === 2 ? numberText(value).replace("–", mark).replace(", ", list) : undefined;
}

function iptablesMatch(packet: Packet, inDevice: string | undefined, outDevice: string | undefined): string {
  const words: string[] = [];
  if (inDevice !== undefined) words.push(`-i ${inDevice}`);
  if (outDevice !== undefined) words.push(`-o ${outDevice}`);
  const source = one(packet.source);
  const destination = one(packet.destination);
  if (source !== undefined) words.push(`-s ${source}`);
  if (destination !== undefined) words.push(`-d ${destination}`);
  const { protocol } = packet;
  if (typeof protocol === "number") {
    words.push(`-p ${protocolWord(protocol)}`);
    const port = ports(packet.destinationPort, ":", ",");
    if (hasPorts(protocol) && port !== undefined) words.push(`--dport ${port}`);
    if (protocol === ICMP && typeof packet.icmpType === "number")
      words.push(`--icmp-type ${packet.icmpType}`);
    if (protocol === ICMPV6 && typeof packet.icmpType === "number")
      words.push(`--icmpv6-type ${packet.icmpType}`);
  }
  return words.join(" ");
}

function nftMatch(packet: Packet, inDevice: string | undefined, outDevice: string | undefined): string {
  const words: string[] = [];
  const family = packet.family === 4 ? "ip" : "ip6";
  if (inDevice !== undefined) words.push(`iifname "${inDevice}"`);
  if (outDevice !== undefined) words.push(`oifname "${outDevice}"`);
  const source = one(packet.source);
  const destination = one(packet.destination);
  if (source !== undefined) words.push(`${family} saddr ${source}`);
  if (destination !== undefined) words.push(`${family} daddr ${destination}`);
  const { protocol } = packet;
  if (typeof protocol === "number") {
    const port = ports(packet.destinationPort, "-", ",");
    if (hasPorts(protocol) && port !== undefined) words.push(`${protocolWord(protocol)} dport ${port}`);
    else if (protocol === ICMP && typeof packet.icmpType === "number")
      words.push(`icmp type ${packet.icmpType}`);
    else if (protocol === ICMPV6 && typeof packet.icmpType === "number")
      words.push(`icmpv6 type ${packet.icmpType}`);
    else words.push(`meta l4proto ${protocolWord(protocol)}`);
  }
  return words.join(" ");
}

/** A protocol as both tools take it: by name where it has one, else by number. */
function protocolWord(protocol: number): string {
  const name = protocolName(protocol);
  return name.startsWith("protocol ") ? String(protocol) : name;
}

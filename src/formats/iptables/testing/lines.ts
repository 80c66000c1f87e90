// For tests: rules from single lines, packets from few words, and what a line says of a packet.
import { parseAddress, type Address, type Family } from "../../../packet/address.ts";
import type { Packet } from "../../../packet/packet.ts";
import { parseProtocol } from "../../../packet/protocol.ts";
import { Problem, type Unknown } from "../../../problem.ts";
import { matches } from "../../../rules/matches.ts";
import type { Action, Rule } from "../../../rules/rule.ts";
import { isMaybe } from "../../../rules/truth.ts";
import type { View } from "../../../rules/view.ts";
import type { Table } from "../../../layers/host/model.ts";
import { parseIpsetSave } from "../ipset.ts";
import { parseIptablesSave } from "../save.ts";

export interface Setting {
  readonly table?: string;
  readonly chain?: string;
  readonly family?: Family;
  /** Chains of one's own that the line may jump to. */
  readonly chains?: readonly string[];
  /** What `ipset save` printed. */
  readonly sets?: string;
}

export function dump(table: string, chains: readonly string[], lines: readonly string[]): string {
  return [`*${table}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...lines, "COMMIT", ""].join("\n");
}

/** One rule, from what stands after `-A CHAIN`. */
export function readLine(line: string, setting: Setting = {}): { rule: Rule; unknowns: readonly Unknown[] } {
  const { table = "filter", chain = "MINE", chains = [], family = 4, sets = "" } = setting;
  const own = chain === "MINE" ? ["MINE"] : [];
  const text = dump(table, [...own, ...chains], [`-A ${chain} ${line}`]);
  const read = parseIptablesSave(
    { path: "host.rules", text },
    { family, sets: parseIpsetSave({ path: "ipset", text: sets }).sets },
  );
  const rule = read.tables[0]?.chains.get(chain)?.rules[0];
  if (rule === undefined) throw new Error("the line made no rule");
  return {
    rule,
    unknowns: read.unknowns.filter((unknown) => !unknown.what.endsWith("states no policy")),
  };
}

export function actionsOf(line: string, setting: Setting = {}): readonly Action[] {
  return readLine(line, { ...setting, table: setting.table ?? "filter" }).rule.actions;
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** `tcp 10.0.0.1:1000 > 10.0.0.2:22`, `icmp 10.0.0.1 > 10.0.0.2`, `udp [fe80::1]:5 > [fe80::2]:6`. */
export function packetOf(text: string, more: Partial<Packet> = {}): Packet {
  const [protocol = "", from = "", , to = ""] = text.split(" ");
  const end = (word: string): { address: Address; port?: number } => {
    const parts = /^\[?([\da-f.:]+?)\]?(?:(?<=\]|\.\d+):(\d+))?$/.exec(word);
    const address = addressOf(parts?.[1] ?? "");
    return parts?.[2] === undefined ? { address } : { address, port: Number(parts[2]) };
  };
  const [source, destination] = [end(from), end(to)];
  return {
    family: source.address.family,
    source: source.address,
    destination: destination.address,
    protocol: parseProtocol(protocol) ?? 255,
    ...(source.port === undefined ? {} : { sourcePort: source.port }),
    ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
    ...more,
  };
}

/** Whether the line matches: yes, no, or unknown. */
export function says(
  line: string,
  packet: Packet,
  view: Omit<View, "packet"> = {},
  setting: Setting = {},
): boolean | "unknown" {
  const family = setting.family ?? packet.family;
  const truth = matches(readLine(line, { ...setting, family }).rule.match, {
    mark: 0,
    connectionMark: 0,
    ...view,
    packet,
  });
  return isMaybe(truth) ? "unknown" : truth;
}

/** The problem that reading makes; a test that expects one fails where there is none. */
export function problemOf(read: () => unknown): Problem {
  try {
    read();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("a problem was expected");
}

export function tableOf(text: string, name = "filter", family?: Family): Table {
  const read = parseIptablesSave({ path: "host.rules", text }, family === undefined ? {} : { family });
  const table = read.tables.find((one) => one.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

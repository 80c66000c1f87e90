// Lowers the targets of table nat: DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP, with ranges and ports.
import { addressBits, makeAddress, type Address, type Family } from "../../../packet/address.ts";
import { DCCP, SCTP, TCP, UDP, UDPLITE } from "../../../packet/protocol.ts";
import type { Action, Translation } from "../../../rules/rule.ts";
import {
  badValue,
  moduleText,
  option,
  optionTable,
  ruleProblem,
  type OptionUse,
  type RuleContext,
  type TargetModule,
  type TargetUse,
} from "../grammar.ts";
import { parseAddressMask, parseFamilyAddress, parsePorts } from "../values.ts";

type PortRange = readonly [number, number];
const randomness = "--random:0 --random-fully:0 --persistent:0";
/** What the kernel draws from when it is told to pick at random and no range is given (nf_nat_core.c, above 1023). */
const randomPorts: PortRange = [1024, 65535];

interface Range {
  readonly first?: Address;
  readonly last?: Address;
  readonly ports?: PortRange;
  /** `:5000-5010/5000`: ports move by a fixed distance, which a range can't say. */
  readonly shifted?: true;
}

/** Addresses, then ports, then what ports are shifted from. IPv6 addresses stand in brackets where ports follow. */
const withPorts: Readonly<Record<Family, RegExp>> = {
  4: /^([\d.]+)?(?:-([\d.]+))?(?::([^/]+)(\/\d+)?)?$/,
  6: /^(?:\[([^\]-]+)(?:-([^\]-]+))?\])?(?::([^/]+)(\/\d+)?)?$/,
};
const withoutPorts = /^([^-]+)(?:-([^-]+))?$/;

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.1:80-90`, `:8080`, `[2001:db8::1]:443`, `2001:db8::1-2001:db8::9`. */
function parseRange(text: string, family: Family): Range | undefined {
  const form = family === 4 || text.startsWith("[") || /^:\d/.test(text) ? withPorts[family] : withoutPorts;
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, from, to, portText, shift] = parts;
  const first = from === undefined ? undefined : parseFamilyAddress(from, family);
  const last = to === undefined ? first : parseFamilyAddress(to, family);
  if (from !== undefined && (first === undefined || last === undefined)) return undefined;
  const ports = portText === undefined ? undefined : portRange(portText);
  if (portText !== undefined && ports === undefined) return undefined;
  if (first === undefined && ports === undefined) return undefined;
  return {
    ...(first === undefined || last === undefined ? {} : { first, last }),
    ...(ports === undefined ? {} : { ports }),
    ...(shift === undefined ? {} : { shifted: true as const }),
  };
}

function portRange(text: string): PortRange | undefined {
  const ports = parsePorts(text, "-");
  if (ports === undefined || "name" in ports) return undefined;
  const [first, last] = ports;
  return first === undefined || last === undefined ? undefined : [first, last];
}

function needPorts(rule: RuleContext, use: TargetUse): void {
  const { protocol } = rule;
  if (protocol !== undefined && [TCP, UDP, UDPLITE, SCTP, DCCP].includes(protocol)) return;
  throw ruleProblem(
    rule,
    "meaning",
    `${use.name} with a port needs -p tcp, udp, sctp or dccp in the same rule`,
    {
      word: use.name,
      remedy: "iptables refuses it as well",
    },
  );
}

function isRandom(use: TargetUse): boolean {
  return option(use, "--random") !== undefined || option(use, "--random-fully") !== undefined;
}

function translateTo(kind: "dnat" | "snat", name: string): TargetModule {
  return {
    options: optionTable(`${name}:1 ${randomness}`),
    tables: ["nat"],
    lower(use, rule) {
      const used = use.options.filter((one) => one.name === name);
      const [only] = used;
      if (only === undefined)
        throw ruleProblem(rule, "meaning", `${use.name} needs ${name}`, { word: use.name });
      const range = parseRange(only.values[0] ?? "", rule.family);
      if (range === undefined) {
        throw badValue(rule, only, `an address of IPv${rule.family}, a range, or either with :port`);
      }
      if (range.ports !== undefined) needPorts(rule, use);
      // Before kernel 2.6.11 one rule could name several ranges, and the kernel chose.
      if (used.length > 1 || range.shifted) return [unknownTranslation(use)];
      const { shifted: _, ...translation } = range;
      const ports =
        kind === "snat" && range.ports === undefined && isRandom(use) ? { ports: randomPorts } : {};
      return [{ kind, ...translation, ...ports }];
    },
  };
}

function unknownTranslation(use: TargetUse): Action {
  return { kind: "unknown", what: `which address and port “${moduleText(use, "-j")}” chooses` };
}

export const dnat = translateTo("dnat", "--to-destination");
export const snat = translateTo("snat", "--to-source");

function translateHere(kind: "masquerade" | "redirect"): TargetModule {
  return {
    options: optionTable(`--to-ports:1 ${randomness}`),
    tables: ["nat"],
    lower(use, rule) {
      const used = option(use, "--to-ports");
      const ports = used === undefined ? undefined : portsOf(rule, use, used);
      if (ports !== undefined) return [{ kind, ports } satisfies Translation];
      return [kind === "masquerade" && isRandom(use) ? { kind, ports: randomPorts } : { kind }];
    },
  };
}

function portsOf(rule: RuleContext, use: TargetUse, used: OptionUse): PortRange {
  const ports = portRange(used.values[0] ?? "");
  if (ports === undefined) throw badValue(rule, used, "a port or a range such as 1024-65535");
  needPorts(rule, use);
  return ports;
}

export const masquerade = translateHere("masquerade");
export const redirect = translateHere("redirect");

/** NETMAP exchanges the destination before routing and the source after it (xt_NETMAP.c, by the hook it runs at). */
export const netmap: TargetModule = {
  options: optionTable("--to:1"),
  tables: ["nat"],
  lower(use, rule) {
    const used = option(use, "--to");
    const to = used === undefined ? undefined : parseAddressMask(used.values[0] ?? "", rule.family);
    if (used === undefined || to === undefined || "mask" in to) {
      throw ruleProblem(rule, "meaning", "NETMAP needs --to with a prefix such as 10.1.0.0/16", {
        word: use.name,
      });
    }
    const hooks = rule.dump.hooksOf(rule.table, rule.chain);
    const before = hooks.has("prerouting") || hooks.has("output");
    const after = hooks.has("postrouting") || hooks.has("input");
    if (before && after) {
      return [
        { kind: "unknown", what: `whether “${moduleText(use, "-j")}” exchanges source or destination here` },
      ];
    }
    const bits = addressBits(rule.family);
    const host = (1n << BigInt(bits - to.length)) - 1n;
    return [
      {
        kind: "netmap",
        side: after ? "source" : "destination",
        to: makeAddress(rule.family, BigInt(to.address.value) & ~host),
        length: to.length,
      },
    ];
  },
};

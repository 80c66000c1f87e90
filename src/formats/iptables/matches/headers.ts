// Lowers the modules that look at other parts of a packet's headers and at how the host sees its addresses: length,
// ttl, hl, dscp, tos, iprange, mac, pkttype, addrtype, ah, esp, frag.
import {
  addressRange,
  addressSet,
  allIpv6,
  subtractAddresses,
  type AddressSet,
} from "../../../packet/address-set.ts";
import type { NumberSet } from "../../../packet/intervals.ts";
import { AH, ESP } from "../../../packet/protocol.ts";
import { all, inverted, never, type AddressType, type Match } from "../../../rules/match.ts";
import {
  badValue,
  option,
  optionTable,
  testText,
  ruleProblem,
  undecidable,
  type MatchModule,
  type OptionUse,
  type RuleContext,
} from "../grammar.ts";
import { parseFamilyAddress, parseSpan, parseWhole } from "../values.ts";
import { notLaterFragment } from "./base.ts";
import { needProtocol } from "./ports.ts";

function signed(used: OptionUse, test: Match): Match {
  return used.negated ? inverted(test) : test;
}

/** A test on a field that some rule of the dump rewrites can't be known: the packet may have changed on its way here. */
function unlessRewritten(rule: RuleContext, field: "ttl" | "dscp", used: OptionUse, test: Match): Match {
  const by = rule.dump.rewritten.get(field);
  if (by === undefined) return signed(used, test);
  return undecidable(rule, testText(used), `whether the rule of line ${by.line} rewrote the ${field} before`);
}

export const length: MatchModule = {
  options: optionTable("--length:1"),
  lower(use, rule) {
    const used = option(use, "--length");
    if (used === undefined)
      throw ruleProblem(rule, "meaning", "-m length needs --length", { word: use.name });
    const set = parseSpan(used.values[0] ?? "", 0xffff);
    if (set === undefined) throw badValue(rule, used, "a length or range in bytes, 0 to 65535");
    return signed(used, { kind: "number", field: "length", set });
  },
};

export const ttl = hopsModule("--ttl-eq,--ttl:1 --ttl-lt:1 --ttl-gt:1");
export const hl = hopsModule("--hl-eq,--hl:1 --hl-lt:1 --hl-gt:1");

function hopsModule(notation: string): MatchModule {
  return {
    options: optionTable(notation),
    lower: (use, rule) =>
      all(
        ...use.options.map((used) => {
          const value = parseWhole(used.values[0] ?? "", 255);
          if (value === undefined) throw badValue(rule, used, "a number from 0 to 255");
          const set: NumberSet = used.name.endsWith("-eq")
            ? [value, value]
            : used.name.endsWith("-lt")
              ? value === 0
                ? []
                : [0, value - 1]
              : value === 255
                ? []
                : [value + 1, 255];
          return unlessRewritten(rule, "ttl", used, { kind: "number", field: "ttl", set });
        }),
      ),
  };
}

/** RFC 2474, 2597, 3246: CSn is n·8, AFxy is x·8 + y·2. */
function dscpClass(name: string): number | undefined {
  const word = name.toUpperCase();
  if (word === "BE") return 0;
  if (word === "EF") return 0x2e;
  const cs = /^CS([0-7])$/.exec(word);
  if (cs !== null) return Number(cs[1]) * 8;
  const af = /^AF([1-4])([1-3])$/.exec(word);
  return af === null ? undefined : Number(af[1]) * 8 + Number(af[2]) * 2;
}

export const dscp: MatchModule = {
  options: optionTable("--dscp:1 --dscp-class:1"),
  lower: (use, rule) =>
    all(
      ...use.options.map((used) => {
        const text = used.values[0] ?? "";
        const value = used.name === "--dscp" ? parseWhole(text, 63) : dscpClass(text);
        if (value === undefined) throw badValue(rule, used, "a DSCP from 0 to 63, or the name of a class");
        return unlessRewritten(rule, "dscp", used, { kind: "number", field: "dscp", set: [value, value] });
      }),
    ),
};

const tosNames: ReadonlyMap<string, number> = new Map([
  ["minimize-delay", 0x10],
  ["maximize-throughput", 0x08],
  ["maximize-reliability", 0x04],
  ["minimize-cost", 0x02],
  ["normal-service", 0x00],
]);

export const tos: MatchModule = {
  options: optionTable("--tos:1"),
  lower(use, rule) {
    const used = option(use, "--tos");
    if (used === undefined) throw ruleProblem(rule, "meaning", "-m tos needs --tos", { word: use.name });
    const [first = "", second] = (used.values[0] ?? "").split("/");
    const named = tosNames.get(first.toLowerCase());
    const value = named ?? parseWhole(first, 0xff);
    // A name stands for its value under 0x3f: the precedence bits above are left alone.
    const mask = second === undefined ? (named === undefined ? 0xff : 0x3f) : parseWhole(second, 0xff);
    if (value === undefined || mask === undefined) throw badValue(rule, used, "a TOS byte or value/mask");
    if ((value & ~mask) !== 0) return signed(used, never);
    const set = [...Array(64).keys()]
      .filter((code) => ((code << 2) & mask & 0xfc) === (value & 0xfc))
      .flatMap((code) => [code, code]);
    const test: Match = { kind: "number", field: "dscp", set: joined(set) };
    const congestion =
      (mask & 3) === 0 ? [] : [undecidable(rule, testText(used), "the congestion bits of its IP header")];
    return unlessRewritten(rule, "dscp", used, all(test, ...congestion));
  },
};

function joined(pairs: readonly number[]): NumberSet {
  const set: number[] = [];
  for (const value of pairs.filter((_, at) => at % 2 === 0)) {
    if (set.at(-1) === value - 1) set[set.length - 1] = value;
    else set.push(value, value);
  }
  return set;
}

export const iprange: MatchModule = {
  options: optionTable("--src-range:1 --dst-range:1"),
  lower: (use, rule) =>
    all(
      ...use.options.map((used) => {
        const [first = "", last = first] = (used.values[0] ?? "").split("-");
        const from = parseFamilyAddress(first, rule.family);
        const to = parseFamilyAddress(last, rule.family);
        if (from === undefined || to === undefined) {
          throw badValue(rule, used, `two addresses of IPv${rule.family} joined by “-”`);
        }
        const field = used.name === "--src-range" ? "source" : "destination";
        return signed(used, { kind: "address", field, set: addressRange(from, to) });
      }),
    ),
};

export const mac: MatchModule = {
  options: optionTable("--mac-source:1"),
  lower(use, rule) {
    const used = option(use, "--mac-source");
    const text = (used?.values[0] ?? "").toLowerCase();
    if (used === undefined)
      throw ruleProblem(rule, "meaning", "-m mac needs --mac-source", { word: use.name });
    if (/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)) return signed(used, { kind: "mac", address: text });
    if (/^(?:[0-9a-fx*]{2}:){5}[0-9a-fx*]{2}$/.test(text)) {
      return undecidable(rule, testText(used), "the sender's hardware address, which this dump hides");
    }
    throw badValue(rule, used, "a hardware address such as 02:00:5e:10:00:01");
  },
};

export const pkttype: MatchModule = {
  options: optionTable("--pkt-type:1"),
  lower(use, rule) {
    const used = option(use, "--pkt-type");
    if (used === undefined)
      throw ruleProblem(rule, "meaning", "-m pkttype needs --pkt-type", { word: use.name });
    const is = (used.values[0] ?? "").toLowerCase();
    if (is === "broadcast" || is === "multicast") return signed(used, { kind: "link-type", is });
    if (is === "unicast" || is === "host") return signed(used, { kind: "link-type", is: "unicast" });
    return undecidable(rule, testText(used), "how the link layer addressed it");
  },
};

const addressTypes: ReadonlyMap<string, AddressType> = new Map([
  ["UNSPEC", "unspecified"],
  ["UNICAST", "unicast"],
  ["LOCAL", "local"],
  ["BROADCAST", "broadcast"],
  ["ANYCAST", "anycast"],
  ["MULTICAST", "multicast"],
  ["BLACKHOLE", "blackhole"],
  ["UNREACHABLE", "unreachable"],
  ["PROHIBIT", "prohibit"],
]);
const oddAddressTypes: ReadonlySet<string> = new Set(["THROW", "NAT", "XRESOLVE"]);

export const addrtype: MatchModule = {
  options: optionTable("--src-type:1 --dst-type:1 --limit-iface-in:0 --limit-iface-out:0"),
  lower(use, rule) {
    const limitTo =
      option(use, "--limit-iface-in") !== undefined
        ? "in"
        : option(use, "--limit-iface-out") !== undefined
          ? "out"
          : undefined;
    const tests = use.options
      .filter((used) => used.name.endsWith("-type"))
      .map((used) => addressTypeTest(rule, used, limitTo));
    if (tests.length === 0) {
      throw ruleProblem(rule, "meaning", "-m addrtype needs --src-type or --dst-type", { word: use.name });
    }
    return all(...tests);
  },
};

function addressTypeTest(rule: RuleContext, used: OptionUse, limitTo: "in" | "out" | undefined): Match {
  const names = (used.values[0] ?? "").toUpperCase().split(",");
  const types = names.flatMap((name) => addressTypes.get(name) ?? []);
  const odd = names.filter((name) => oddAddressTypes.has(name));
  if (types.length + odd.length < names.length) {
    throw badValue(rule, used, `types out of ${[...addressTypes.keys()].join(", ")}`);
  }
  if (odd.length > 0) {
    return undecidable(
      rule,
      testText(used),
      `whether the route to the address is of type ${odd.join(" or ")}`,
    );
  }
  const field = used.name === "--src-type" ? "source" : "destination";
  const routed = rule.family === 4 ? types : types.filter((type) => !ipv6Shapes.has(type));
  const shapes = types.length === routed.length ? [] : shapesOf(types, field);
  const lookup: Match[] =
    routed.length === 0
      ? []
      : [{ kind: "address-type", field, types: routed, ...(limitTo === undefined ? {} : { limitTo }) }];
  return signed(used, all(...shapes, ...lookup));
}

/**
 * IPv6 asks the address's own bits for these, each for itself, and the routes only for what else is named: with
 * `LOCAL,UNICAST` both have to hold, and UNICAST holds of the host's own addresses too (match_type6 of xt_addrtype.c).
 */
const ipv6Shapes: ReadonlyMap<AddressType, AddressSet> = new Map([
  ["multicast", addressSet("ff00::/8")],
  ["unspecified", addressSet("::/128")],
  ["unicast", subtractAddresses(allIpv6, addressSet("ff00::/8", "::/128", "::ffff:0.0.0.0/96"))],
]);

function shapesOf(types: readonly AddressType[], field: "source" | "destination"): Match[] {
  return types.flatMap((type): Match[] => {
    const set = ipv6Shapes.get(type);
    return set === undefined ? [] : [{ kind: "address", field, set }];
  });
}

export const ah = securityHeader(AH, "--ahspi:1 --ahlen:1 --ahres:0");
export const esp = securityHeader(ESP, "--espspi:1");

function securityHeader(protocol: number, notation: string): MatchModule {
  return {
    options: optionTable(notation),
    lower(use, rule) {
      if (rule.family === 4) needProtocol(rule, use, protocol);
      const guard: Match =
        rule.family === 4
          ? notLaterFragment
          : { kind: "number", field: "protocol", set: [protocol, protocol] };
      const tests = use.options.map((used) =>
        undecidable(rule, testText(used), "a field of its IPsec header"),
      );
      return all(guard, ...tests);
    },
  };
}

export const frag: MatchModule = {
  options: optionTable("--fragid:1 --fraglen:1 --fragres:0 --fragfirst:0 --fragmore:0 --fraglast:0"),
  lower: (use, rule) =>
    all({ kind: "fragment", is: "first-or-later" }, ...use.options.map((used) => fragmentTest(rule, used))),
};

function fragmentTest(rule: RuleContext, used: OptionUse): Match {
  if (used.name === "--fragfirst" && !used.negated) return notLaterFragment;
  return undecidable(rule, testText(used), "a field of its fragment header");
}

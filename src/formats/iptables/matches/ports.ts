// Lowers the transport modules: tcp, udp, udplite, sctp, dccp and multiport. A negated port test becomes a test on the
// complement, so that it stays false where there is no port: other protocols, later fragments.
import { complement, type NumberSet } from "../../../packet/intervals.ts";
import { DCCP, portDomain, protocolName, SCTP, TCP, UDP, UDPLITE } from "../../../packet/protocol.ts";
import { ACK, FIN, PSH, RST, SYN, URG, ECE, CWR } from "../../../packet/packet.ts";
import { all, any, inverted, type Match } from "../../../rules/match.ts";
import {
  badValue,
  option,
  optionTable,
  testText,
  ruleProblem,
  undecidable,
  type MatchModule,
  type ModuleUse,
  type OptionUse,
  type RuleContext,
} from "../grammar.ts";
import { parsePortList, parsePorts, parseWhole } from "../values.ts";
import { notLaterFragment } from "./base.ts";

type PortField = "source-port" | "destination-port";

/** The kernel takes a transport module only beside a positive `-p` of its protocol. */
export function needProtocol(rule: RuleContext, use: ModuleUse, ...allowed: readonly number[]): void {
  if (rule.protocol !== undefined && allowed.includes(rule.protocol)) return;
  const names = allowed.map((number) => `-p ${protocolName(number)}`);
  throw ruleProblem(rule, "meaning", `-m ${use.name} needs ${names.join(" or ")} in the same rule`, {
    word: rule.line.text.includes(`-m ${use.name}`) ? `-m ${use.name}` : (use.options[0]?.name ?? use.name),
    remedy: "iptables-restore refuses the whole file for such a line, and the rules before stay in force",
  });
}

function portTest(rule: RuleContext, used: OptionUse, field: PortField): Match {
  const ports = parsePorts(used.values[0] ?? "");
  return portsTest(rule, used, ports, (set) => ({ kind: "number", field, set }));
}

function portsTest(
  rule: RuleContext,
  used: OptionUse,
  ports: ReturnType<typeof parsePorts>,
  test: (set: NumberSet) => Match,
): Match {
  if (ports === undefined) {
    throw badValue(rule, used, "ports from 0 to 65535, a range with the lower one first");
  }
  if ("name" in ports) {
    return undecidable(rule, testText(used), `which port the service “${ports.name}” has on that host`);
  }
  return test(used.negated ? complement(portDomain, ports) : ports);
}

function ported(use: ModuleUse, rule: RuleContext): Match[] {
  const tests: Match[] = [];
  const source = option(use, "--sport");
  const destination = option(use, "--dport");
  if (source !== undefined) tests.push(portTest(rule, source, "source-port"));
  if (destination !== undefined) tests.push(portTest(rule, destination, "destination-port"));
  return tests;
}

const portOptions = "--sport,--source-port:1 --dport,--destination-port:1";

function portModule(protocol: number): MatchModule {
  return {
    options: optionTable(portOptions),
    lower(use, rule) {
      needProtocol(rule, use, protocol);
      const tests = ported(use, rule);
      return tests.length === 0 ? notLaterFragment : all(...tests);
    },
  };
}

export const udp = portModule(UDP);
export const udplite = portModule(UDPLITE);

export const tcp: MatchModule = {
  options: optionTable(`${portOptions} --tcp-flags:2 --syn:0 --tcp-option:1`),
  lower(use, rule) {
    needProtocol(rule, use, TCP);
    const tests = ported(use, rule);
    const flags = option(use, "--tcp-flags");
    if (flags !== undefined) tests.push(...flagTest(rule, flags));
    const syn = option(use, "--syn");
    if (syn !== undefined) {
      const test: Match = { kind: "tcp-flags", mask: FIN | SYN | RST | ACK, value: SYN };
      tests.push(...(syn.negated ? [notLaterFragment, inverted(test)] : [test]));
    }
    const tcpOption = option(use, "--tcp-option");
    if (tcpOption !== undefined) {
      const number = parseWhole(tcpOption.values[0] ?? "", 255);
      if (number === undefined) throw badValue(rule, tcpOption, "a TCP option's number");
      const test: Match = { kind: "tcp-option", option: number };
      tests.push(notLaterFragment, tcpOption.negated ? inverted(test) : test);
    }
    return tests.length === 0 ? notLaterFragment : all(...tests);
  },
};

const flagBits: ReadonlyMap<string, number> = new Map([
  ["FIN", FIN],
  ["SYN", SYN],
  ["RST", RST],
  ["PSH", PSH],
  ["ACK", ACK],
  ["URG", URG],
  ["ALL", FIN | SYN | RST | PSH | ACK | URG],
  ["NONE", 0],
]);

function flagTest(rule: RuleContext, used: OptionUse): Match[] {
  const [mask, value] = used.values.map((list) => {
    let bits = 0;
    for (const name of list.split(",")) {
      const bit = flagBits.get(name.toUpperCase()) ?? parseWhole(name, 0x3f);
      if (bit === undefined) throw badValue(rule, used, `flags such as FIN,SYN,RST,ACK`);
      bits |= bit;
    }
    return bits;
  });
  if (mask === undefined || value === undefined) throw badValue(rule, used, "a mask and the flags set in it");
  const test: Match = { kind: "tcp-flags", mask, value };
  return used.negated ? [notLaterFragment, inverted(test)] : [test];
}

export const sctp: MatchModule = {
  options: optionTable(`${portOptions} --chunk-types:2`),
  lower(use, rule) {
    needProtocol(rule, use, SCTP);
    const tests = ported(use, rule);
    const chunks = option(use, "--chunk-types");
    if (chunks !== undefined) tests.push(undecidable(rule, testText(chunks), "which SCTP chunks it carries"));
    return tests.length === 0 ? notLaterFragment : all(...tests);
  },
};

export const dccp: MatchModule = {
  options: optionTable(`${portOptions} --dccp-types:1 --dccp-option:1`),
  lower(use, rule) {
    needProtocol(rule, use, DCCP);
    const tests = ported(use, rule);
    for (const name of ["--dccp-types", "--dccp-option"]) {
      const used = option(use, name);
      if (used !== undefined) tests.push(undecidable(rule, testText(used), "what its DCCP header says"));
    }
    return tests.length === 0 ? notLaterFragment : all(...tests);
  },
};

export const multiport: MatchModule = {
  options: optionTable("--sports,--source-ports:1 --dports,--destination-ports:1 --ports:1"),
  lower(use, rule) {
    needProtocol(rule, use, TCP, UDP, UDPLITE, SCTP, DCCP);
    if (use.options.length !== 1 && use.strays.length === 0) {
      throw ruleProblem(rule, "meaning", "-m multiport takes one of --sports, --dports, --ports", {
        word: "multiport",
      });
    }
    return all(...use.options.map((used) => multiportTest(rule, used)));
  },
};

function multiportTest(rule: RuleContext, used: OptionUse): Match {
  const ports = parsePortList(used.values[0] ?? "");
  return portsTest(rule, used, ports, (set) => {
    const source: Match = { kind: "number", field: "source-port", set };
    const destination: Match = { kind: "number", field: "destination-port", set };
    if (used.name === "--sports") return source;
    if (used.name === "--dports") return destination;
    return used.negated ? all(source, destination) : any(source, destination);
  });
}

export const ecn: MatchModule = {
  options: optionTable("--ecn-tcp-cwr:0 --ecn-tcp-ece:0 --ecn-ip-ect:1"),
  lower(use, rule) {
    return all(
      ...use.options.map((used) => {
        if (used.name === "--ecn-ip-ect") {
          return undecidable(rule, testText(used), "the congestion bits of its IP header");
        }
        needProtocol(rule, use, TCP);
        const bit = used.name === "--ecn-tcp-cwr" ? CWR : ECE;
        const test: Match = { kind: "tcp-flags", mask: bit, value: bit };
        return used.negated ? all(notLaterFragment, inverted(test)) : test;
      }),
    );
  },
};

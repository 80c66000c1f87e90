// Lowers the targets that end a packet's way, and those that only leave traces: REJECT, QUEUE, LOG, and the notes.
import type { Family } from "../../../packet/address.ts";
import { TCP } from "../../../packet/protocol.ts";
import type { Action } from "../../../rules/rule.ts";
import {
  moduleText,
  option,
  optionTable,
  ruleProblem,
  valueOf,
  type RuleContext,
  type TargetModule,
  type TargetUse,
} from "../grammar.ts";

/** What REJECT can answer with, and the short names that it takes for them (libipt_REJECT.c, libip6t_REJECT.c). */
const answers: Readonly<Record<Family, ReadonlyMap<string, string>>> = {
  4: new Map([
    ["icmp-port-unreachable", "port-unreach"],
    ["icmp-net-unreachable", "net-unreach"],
    ["icmp-host-unreachable", "host-unreach"],
    ["icmp-proto-unreachable", "proto-unreach"],
    ["icmp-net-prohibited", "net-prohib"],
    ["icmp-host-prohibited", "host-prohib"],
    ["tcp-reset", "tcp-rst"],
    ["icmp-admin-prohibited", "admin-prohib"],
  ]),
  6: new Map([
    ["icmp6-port-unreachable", "port-unreach"],
    ["icmp6-no-route", "no-route"],
    ["icmp6-adm-prohibited", "adm-prohibited"],
    ["icmp6-addr-unreachable", "addr-unreach"],
    ["tcp-reset", "tcp-rst"],
    ["icmp6-policy-fail", "policy-fail"],
    ["icmp6-reject-route", "reject-route"],
  ]),
};

export const reject: TargetModule = {
  options: optionTable("--reject-with:1"),
  tables: ["filter"],
  lower(use, rule) {
    const known = [...answers[rule.family]];
    const used = option(use, "--reject-with");
    const text = (used?.values[0] ?? "").toLowerCase();
    const [answer] = known.find(([name, short]) => name.startsWith(text) || short.startsWith(text)) ?? [];
    if (answer === undefined || (used !== undefined && text === "")) {
      throw ruleProblem(rule, "meaning", `REJECT can't answer with “${text}”`, {
        word: "--reject-with",
        remedy: `IPv${rule.family} has ${known.map(([name]) => name).join(", ")}`,
      });
    }
    if (answer === "tcp-reset" && rule.protocol !== TCP) {
      throw ruleProblem(rule, "meaning", "REJECT with a TCP reset needs -p tcp in the same rule", {
        word: "--reject-with",
        remedy: "the kernel refuses it as well",
      });
    }
    return [{ kind: "reject", with: answer }];
  },
};

export const nfqueue: TargetModule = {
  options: optionTable("--queue-num:1 --queue-balance:1 --queue-bypass:0 --queue-cpu-fanout:0"),
  lower: (use) => [{ kind: "queue", bypass: option(use, "--queue-bypass") !== undefined }],
};

export const queue: TargetModule = { options: {}, lower: () => [{ kind: "queue", bypass: false }] };

function logTarget(notation: string, prefix: string): TargetModule {
  return {
    options: optionTable(notation),
    lower(use) {
      const text = valueOf(use, prefix);
      return [text === undefined ? { kind: "log" } : { kind: "log", prefix: text }];
    },
  };
}

export const log = logTarget(
  "--log-level:1 --log-prefix:1 --log-tcp-sequence:0 --log-tcp-options:0 --log-ip-options:0 --log-uid:0 --log-macdecode:0",
  "--log-prefix",
);
export const nflog = logTarget(
  "--nflog-group:1 --nflog-prefix:1 --nflog-range:1 --nflog-size:1 --nflog-threshold:1",
  "--nflog-prefix",
);
export const ulog = logTarget(
  "--ulog-nlgroup:1 --ulog-prefix:1 --ulog-cprange:1 --ulog-qthreshold:1",
  "--ulog-prefix",
);

export const notrack: TargetModule = {
  options: {},
  tables: ["raw"],
  lower: () => [{ kind: "notrack" }],
};

/**
 * Zones keep connections apart: where any rule asks for a connection's state, which zone a packet was put into decides
 * whether it belongs to one.
 */
export const ct: TargetModule = {
  options: optionTable(
    "--notrack:0 --helper:1 --ctevents:1 --expevents:1 --zone:1 --zone-orig:1 --zone-reply:1 --timeout:1",
  ),
  tables: ["raw"],
  lower(use, rule) {
    if (option(use, "--notrack") !== undefined) return [{ kind: "notrack" }];
    const zoned = use.options.some((used) => used.name.startsWith("--zone"));
    if (!zoned || !rule.dump.tracksState) return [note(use)];
    rule.unknowns.push({
      origin: rule.origin,
      what: moduleText(use, "-j"),
      effect: "connections are kept apart by zone: whether a packet belongs to one can't be known",
    });
    return [{ kind: "unknown", what: `the conntrack zone that “${moduleText(use, "-j")}” puts it into` }];
  },
};

function note(use: TargetUse): Action {
  return { kind: "note", what: moduleText(use, "-j") };
}

/** Bears on no verdict. */
export function noteTarget(notation: string): TargetModule {
  return { options: optionTable(notation), lower: (use) => [note(use)] };
}

/** May end the packet's way, or change what later rules see, in a manner that no dump shows. */
export function openTarget(notation: string, on: string, tables?: readonly string[]): TargetModule {
  return {
    options: optionTable(notation),
    ...(tables === undefined ? {} : { tables }),
    lower: (use, rule) => [unknownAction(use, rule, on)],
  };
}

export function unknownAction(use: TargetUse, rule: RuleContext, on: string): Action {
  const words = moduleText(use, "-j");
  rule.unknowns.push({
    origin: rule.origin,
    what: words,
    effect: `what becomes of the packet can't be known from a dump: it depends on ${on}`,
  });
  return { kind: "unknown", what: `${on} (${words})` };
}

/** SET adds to or takes from a set, so that its export may be out of date; mapping a mark changes what later rules see. */
export const setTarget: TargetModule = {
  options: optionTable(
    "--add-set:2 --del-set:2 --map-set:2 --exist:0 --timeout:1 --map-mark:0 --map-prio:0 --map-queue:0",
  ),
  lower(use, rule) {
    if (option(use, "--map-mark") !== undefined) {
      return [unknownAction(use, rule, "the mark that the set's entry has for it")];
    }
    const changed = valueOf(use, "--add-set") ?? valueOf(use, "--del-set");
    if (changed !== undefined && rule.sets.has(changed)) {
      rule.unknowns.push({
        origin: rule.origin,
        what: moduleText(use, "-j"),
        effect: `packets change the set ${changed}: it is taken as it was at the moment of the export`,
      });
    }
    return [note(use)];
  },
};

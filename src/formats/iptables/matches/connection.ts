// Lowers what conntrack knows: state, conntrack, and the marks of packet and connection. Follows the kernel's
// xt_conntrack.c also where it surprises: an invalid or untracked packet that passes the state test skips all others.
import type {
  AddressField,
  ConnectionState,
  ConnectionStatus,
  Match,
  NumberField,
} from "../../../rules/match.ts";
import { all, any, inverted, never } from "../../../rules/match.ts";
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
import { parseMasked, parseRuleProtocol, parseSpan } from "../values.ts";
import { addressMaskTest } from "./base.ts";

/** Invalid and untracked packets belong to no connection: to the kernel, whatever asks about one is false for them. */
export const tracked: Match = { kind: "state", states: ["new", "established", "related"] };

const stateNames: ReadonlyMap<string, ConnectionState> = new Map([
  ["NEW", "new"],
  ["ESTABLISHED", "established"],
  ["RELATED", "related"],
  ["INVALID", "invalid"],
  ["UNTRACKED", "untracked"],
]);
const translatedNames: ReadonlyMap<string, ConnectionStatus> = new Map([
  ["SNAT", "snat"],
  ["DNAT", "dnat"],
]);
const statusNames: ReadonlyMap<string, ConnectionStatus> = new Map([
  ["EXPECTED", "expected"],
  ["SEEN_REPLY", "seen-reply"],
  ["ASSURED", "assured"],
  ["CONFIRMED", "confirmed"],
]);

interface StateTest {
  readonly match: Match;
  /** The states without a connection that pass it. */
  readonly withoutConnection: readonly ConnectionState[];
}

function stateTest(rule: RuleContext, used: OptionUse): StateTest {
  const states: ConnectionState[] = [];
  const translated: ConnectionStatus[] = [];
  for (const name of (used.values[0] ?? "").toUpperCase().split(",")) {
    const state = stateNames.get(name);
    const status = translatedNames.get(name);
    if (state !== undefined) states.push(state);
    else if (status !== undefined && used.name === "--ctstate") translated.push(status);
    else throw badValue(rule, used, `states out of ${[...stateNames.keys()].join(", ")}`);
  }
  const match = any(
    ...(states.length === 0 ? [] : [{ kind: "state", states } satisfies Match]),
    ...(translated.length === 0 ? [] : [{ kind: "status", status: translated } satisfies Match]),
  );
  const withoutConnection = (["invalid", "untracked"] as const).filter(
    (state) => states.includes(state) !== used.negated,
  );
  if (!used.negated) return { match, withoutConnection };
  // A packet without a connection was not translated: `! --ctstate DNAT` holds of it.
  const notTranslated = all(tracked, inverted(match));
  return {
    match:
      translated.length === 0
        ? inverted(match)
        : any({ kind: "state", states: withoutConnection }, notTranslated),
    withoutConnection,
  };
}

export const state: MatchModule = {
  options: optionTable("--state:1"),
  lower(use, rule) {
    const used = option(use, "--state");
    if (used === undefined) throw ruleProblem(rule, "meaning", "-m state needs --state", { word: use.name });
    return stateTest(rule, used).match;
  },
};

export const conntrack: MatchModule = {
  options: optionTable(
    "--ctstate:1 --ctproto:1 --ctorigsrc:1 --ctorigdst:1 --ctreplsrc:1 --ctrepldst:1 --ctorigsrcport:1 " +
      "--ctorigdstport:1 --ctreplsrcport:1 --ctrepldstport:1 --ctstatus:1 --ctexpire:1 --ctdir:1",
  ),
  lower(use, rule) {
    const others = use.options.filter((used) => used.name !== "--ctstate");
    const tests = others.map((used) => {
      const test = connectionTest(rule, used);
      return used.negated ? inverted(test) : test;
    });
    const used = option(use, "--ctstate");
    if (used === undefined) {
      return all(...(others.some((other) => other.negated) ? [tracked] : []), ...tests);
    }
    const { match, withoutConnection } = stateTest(rule, used);
    if (tests.length === 0) return match;
    if (withoutConnection.length === 0) return all(match, ...tests);
    return any({ kind: "state", states: withoutConnection }, all(tracked, match, ...tests));
  },
};

const addressFields: Readonly<Record<string, AddressField>> = {
  "--ctorigsrc": "original-source",
  "--ctorigdst": "original-destination",
  "--ctreplsrc": "reply-source",
  "--ctrepldst": "reply-destination",
};
const portFields: Readonly<Record<string, NumberField>> = {
  "--ctorigsrcport": "original-source-port",
  "--ctorigdstport": "original-destination-port",
};

function connectionTest(rule: RuleContext, used: OptionUse): Match {
  const text = used.values[0] ?? "";
  const address = addressFields[used.name];
  if (address !== undefined) {
    const test = addressMaskTest(text, address, rule.family);
    if (test === undefined) throw badValue(rule, used, `an IPv${rule.family} address or prefix`);
    return test.kind === "always" ? tracked : test;
  }
  const port = portFields[used.name];
  if (port !== undefined) {
    const set = parseSpan(text, 65535);
    if (set === undefined) throw badValue(rule, used, "a port or a range with the lower one first");
    return { kind: "number", field: port, set };
  }
  switch (used.name) {
    case "--ctproto": {
      const number = parseRuleProtocol(text);
      if (number === undefined) throw badValue(rule, used, "a protocol");
      return { kind: "number", field: "original-protocol", set: [number, number] };
    }
    case "--ctdir": {
      const is = text.toLowerCase();
      if (is !== "original" && is !== "reply") throw badValue(rule, used, "ORIGINAL or REPLY");
      return { kind: "direction", is };
    }
    case "--ctstatus":
      return statusTest(rule, used, text);
    case "--ctexpire":
      return undecidable(rule, testText(used), "when the connection's entry would expire");
    default:
      return undecidable(rule, testText(used), "the ports of the connection's replies");
  }
}

/** `NONE` sets no bit of the mask that the kernel compares with, so it matches nothing. */
function statusTest(rule: RuleContext, used: OptionUse, text: string): Match {
  const status: ConnectionStatus[] = [];
  for (const name of text.toUpperCase().split(",")) {
    const known = statusNames.get(name);
    if (known !== undefined) status.push(known);
    else if (name !== "NONE")
      throw badValue(rule, used, `out of NONE, ${[...statusNames.keys()].join(", ")}`);
  }
  return status.length === 0 ? never : { kind: "status", status };
}

function markTest(use: ModuleUse, rule: RuleContext, of: "packet" | "connection"): Match {
  const used = option(use, "--mark");
  if (used === undefined)
    throw ruleProblem(rule, "meaning", `-m ${use.name} needs --mark`, { word: use.name });
  const parsed = parseMasked(used.values[0] ?? "");
  if (parsed === undefined) throw badValue(rule, used, "a mark or mark/mask of 32 bits");
  const { value, mask } = parsed;
  const test: Match = (value & ~mask) === 0 ? { kind: "mark", of, mask, set: [value, value] } : never;
  return used.negated ? inverted(test) : test;
}

export const mark: MatchModule = {
  options: optionTable("--mark:1"),
  lower: (use, rule) => markTest(use, rule, "packet"),
};

export const connmark: MatchModule = {
  options: optionTable("--mark:1"),
  lower: (use, rule) => all(tracked, markTest(use, rule, "connection")),
};

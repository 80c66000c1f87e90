// Lowers icmp and icmp6 by number or by the names that iptables knows (extensions/libxt_icmp.h); a name may be
// abbreviated as long as one name begins so.
import { ICMP, ICMPV6 } from "../../../packet/protocol.ts";
import { all, inverted, never, type Match } from "../../../rules/match.ts";
import {
  badValue,
  option,
  optionTable,
  ruleProblem,
  type MatchModule,
  type RuleContext,
} from "../grammar.ts";
import { parseSpan, parseWhole } from "../values.ts";
import { notLaterFragment } from "./base.ts";
import { needProtocol } from "./ports.ts";

type Named = ReadonlyMap<string, readonly [type: number, code?: number]>;

const names4: Named = new Map<string, readonly [number, number?]>([
  ["any", [255]],
  ["echo-reply", [0]],
  ["pong", [0]],
  ["destination-unreachable", [3]],
  ["network-unreachable", [3, 0]],
  ["host-unreachable", [3, 1]],
  ["protocol-unreachable", [3, 2]],
  ["port-unreachable", [3, 3]],
  ["fragmentation-needed", [3, 4]],
  ["source-route-failed", [3, 5]],
  ["network-unknown", [3, 6]],
  ["host-unknown", [3, 7]],
  ["network-prohibited", [3, 9]],
  ["host-prohibited", [3, 10]],
  ["tos-network-unreachable", [3, 11]],
  ["tos-host-unreachable", [3, 12]],
  ["communication-prohibited", [3, 13]],
  ["host-precedence-violation", [3, 14]],
  ["precedence-cutoff", [3, 15]],
  ["source-quench", [4]],
  ["redirect", [5]],
  ["network-redirect", [5, 0]],
  ["host-redirect", [5, 1]],
  ["tos-network-redirect", [5, 2]],
  ["tos-host-redirect", [5, 3]],
  ["echo-request", [8]],
  ["ping", [8]],
  ["router-advertisement", [9]],
  ["router-solicitation", [10]],
  ["time-exceeded", [11]],
  ["ttl-exceeded", [11]],
  ["ttl-zero-during-transit", [11, 0]],
  ["ttl-zero-during-reassembly", [11, 1]],
  ["parameter-problem", [12]],
  ["ip-header-bad", [12, 0]],
  ["required-option-missing", [12, 1]],
  ["timestamp-request", [13]],
  ["timestamp-reply", [14]],
  ["address-mask-request", [17]],
  ["address-mask-reply", [18]],
]);

const names6: Named = new Map<string, readonly [number, number?]>([
  ["destination-unreachable", [1]],
  ["no-route", [1, 0]],
  ["communication-prohibited", [1, 1]],
  ["beyond-scope", [1, 2]],
  ["address-unreachable", [1, 3]],
  ["port-unreachable", [1, 4]],
  ["failed-policy", [1, 5]],
  ["reject-route", [1, 6]],
  ["packet-too-big", [2]],
  ["time-exceeded", [3]],
  ["ttl-exceeded", [3]],
  ["ttl-zero-during-transit", [3, 0]],
  ["ttl-zero-during-reassembly", [3, 1]],
  ["parameter-problem", [4]],
  ["bad-header", [4, 0]],
  ["unknown-header-type", [4, 1]],
  ["unknown-option", [4, 2]],
  ["echo-request", [128]],
  ["ping", [128]],
  ["echo-reply", [129]],
  ["pong", [129]],
  ["mld-listener-query", [130]],
  ["mld-listener-report", [131]],
  ["mld-listener-done", [132]],
  ["mld-listener-reduction", [132]],
  ["router-solicitation", [133]],
  ["router-advertisement", [134]],
  ["neighbour-solicitation", [135]],
  ["neighbor-solicitation", [135]],
  ["neighbour-advertisement", [136]],
  ["neighbor-advertisement", [136]],
  ["redirect", [137]],
]);

export const icmp = icmpModule("--icmp-type", ICMP, names4);
export const icmp6 = icmpModule("--icmpv6-type", ICMPV6, names6);

function icmpModule(name: string, protocol: number, names: Named): MatchModule {
  return {
    options: optionTable(`${name}:1`),
    lower(use, rule) {
      needProtocol(rule, use, protocol);
      const used = option(use, name);
      if (used === undefined) {
        throw ruleProblem(rule, "meaning", `-m ${use.name} needs ${name}`, { word: use.name });
      }
      const test = typeTest(rule, used.values[0] ?? "", names);
      if (test === undefined) {
        throw badValue(rule, used, "a type, type/code or the name of one (echo-request, 3/4)");
      }
      if (test === "any") return used.negated ? never : notLaterFragment;
      return used.negated ? all(notLaterFragment, inverted(test)) : test;
    },
  };
}

/** `any` is type 255 to the kernel, which then looks no further; ICMPv6 has no such type. */
function typeTest(rule: RuleContext, text: string, names: Named): Match | "any" | undefined {
  const [type, codes] = named(text.toLowerCase(), names) ?? numbered(text) ?? [];
  if (type === undefined) return undefined;
  if (type === 255 && rule.family === 4) return "any";
  const typed: Match = { kind: "number", field: "icmp-type", set: [type, type] };
  if (codes === undefined) return typed;
  return all(typed, { kind: "number", field: "icmp-code", set: codes });
}

function named(text: string, names: Named): readonly [number, (readonly number[])?] | undefined {
  if (!/^[a-z]/.test(text)) return undefined;
  const exact = names.get(text);
  const candidates = exact === undefined ? [...names].filter(([name]) => name.startsWith(text)) : [];
  const meanings = new Set(candidates.map(([, meaning]) => meaning.join("/")));
  const meaning = exact ?? (meanings.size === 1 ? candidates[0]?.[1] : undefined);
  if (meaning === undefined) return undefined;
  const [type, code] = meaning;
  return code === undefined ? [type] : [type, [code, code]];
}

function numbered(text: string): readonly [number, (readonly number[])?] | undefined {
  const [first = "", second, rest] = text.split("/");
  const type = parseWhole(first, 255);
  if (type === undefined || rest !== undefined) return undefined;
  if (second === undefined) return [type];
  const codes = parseSpan(second, 255);
  return codes === undefined ? undefined : [type, codes];
}

// Which later fragments the rules of a ruleset may see. Connection tracking puts packets together at priority −400,
// before ordinary chains; without it, fragments come one by one, and a later one has no transport header. The kernel's
// fast path (nft_payload_fast_eval) then reads the fragment's own bytes as if they were one (seen on Linux 6.18: tcp
// dport and flags from the payload of IPv4 fragments, from the IPv6 header itself of IPv6 ones).
import { all, any, inverted, never, type Match } from "../../rules/match.ts";
import { isObject, type Json } from "../json.ts";
import { numberOf, tagged, textOf } from "./shape.ts";

/** The priority at which fragments are put together (NF_IP_PRI_CONNTRACK_DEFRAG). */
const defragmentation = -400;

export const later: Match = { kind: "fragment", is: "later" };

/** Statements and expressions whose presence switches tracking on, wherever in the ruleset they stand. */
const tracking = new Set([
  "ct",
  "snat",
  "dnat",
  "masquerade",
  "redirect",
  "ct count",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "flow",
  "synproxy",
  "tproxy",
]);

export type TrackedFamilies = ReadonlySet<4 | 6>;

/** The families whose packets are put together before ordinary chains see them. */
export function trackedFamilies(objects: readonly Json[]): TrackedFamilies {
  const families = new Set<4 | 6>();
  for (const object of objects) {
    const rule = tagged(object);
    if (rule?.kind !== "rule") continue;
    const family = textOf(rule.fields["family"]);
    const own =
      family === "ip"
        ? [4 as const]
        : family === "ip6"
          ? [6 as const]
          : family === "inet"
            ? [4 as const, 6 as const]
            : [];
    if (own.every((one) => families.has(one)) || !mentionsTracking(rule.fields["expr"])) continue;
    for (const one of own) families.add(one);
  }
  return families;
}

function mentionsTracking(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(mentionsTracking);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, inner]) => tracking.has(name) || mentionsTracking(inner));
}

/** Whether a base chain stands before fragments are put together. */
export function isEarly(priority: Json | undefined): boolean {
  return (numberOf(priority) ?? 0) <= defragmentation;
}

/** The later fragments that a chain may see, as a test; never, where tracking puts all of them together before. */
export function piecesSeen(family: "ip" | "ip6" | "inet", tracked: TrackedFamilies, early: boolean): Match {
  const seen = ([4, 6] as const).filter((one) => {
    const own = family === "inet" || (family === "ip" ? one === 4 : one === 6);
    return own && (early || !tracked.has(one));
  });
  if (seen.length === 0) return never;
  return seen.length === 2 || family !== "inet"
    ? later
    : any(...seen.map((one) => all({ kind: "family", family: one }, later)));
}

/** When the kernel loads bytes from where a transport header would be. */
export function loadsHeader(pieces: Match): Match {
  return pieces === later ? { kind: "always" } : any(inverted(later), pieces);
}

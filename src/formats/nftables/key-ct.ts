// Keys that read the tracked connection: its state, its direction, its own addresses and ports, its mark.
import { holds } from "../../packet/intervals.ts";
import { always, any, never, type ConnectionState, type Match } from "../../rules/match.ts";
import { plainBits } from "./bits.ts";
import { familyKey } from "./key-meta.ts";
import { addressKey, numeric } from "./key-payload.ts";
import { opaque, type Key, type Scope } from "./keys.ts";
import * as names from "./names.ts";
import { textOf, type Fields } from "./shape.ts";

const states: readonly (readonly [number, ConnectionState])[] = [
  [0x01, "invalid"],
  [0x02, "established"],
  [0x04, "related"],
  [0x08, "new"],
  [0x40, "untracked"],
];

/** A packet without a connection ends the rule at every key of `ct` but the state. */
export const tracked: Match = { kind: "state", states: ["new", "established", "related"] };

const reasons: Readonly<Record<string, string>> = {
  zone: "the connection's zone",
  helper: "the connection's helper",
  expiration: "how long the connection has left",
  id: "the connection's number",
  bytes: "how much the connection has carried",
  packets: "how much the connection has carried",
  avgpkt: "how much the connection has carried",
  label: "the connection's labels",
  secmark: "the connection's security mark",
  event: "the connection's events",
};

export function connectionKey(scope: Scope, fields: Fields, text: string): Key {
  const key = textOf(fields["key"]) ?? "";
  const direction = textOf(fields["dir"]);
  switch (key) {
    case "state":
      return stateKey(text);
    case "status":
      return { kind: "status", text, needs: always, readable: tracked };
    case "direction":
      return directionKey(text);
    case "mark":
      return { kind: "mark", of: "connection", text, needs: always, readable: tracked, bits: plainBits(32) };
    case "protocol":
      return numeric(text, 8, { field: "original-protocol", readable: tracked, names: names.protocolNumber });
    case "l3proto":
      return familyKey(text, tracked);
    default:
      break;
  }
  if (direction === "original" || direction === "reply") {
    const tuple = tupleKey(scope, key, direction, text);
    if (tuple !== undefined) return tuple;
  }
  return Object.hasOwn(reasons, key)
    ? opaque(text, reasons[key] ?? key)
    : opaque(text, "a property of the connection that Ringwall does not know", { understood: false });
}

/** A packet has one state, though the kernel keeps it as a bit of five. */
function stateKey(text: string): Key {
  return numeric(text, 32, {
    names: names.connectionStates,
    points: states.map(([bit]) => bit),
    test: (set) => {
      const chosen = states.filter(([bit]) => holds(set, bit)).map(([, state]) => state);
      return chosen.length === 0
        ? never
        : chosen.length === states.length
          ? always
          : { kind: "state", states: chosen };
    },
  });
}

function directionKey(text: string): Key {
  const both = ["original", "reply"] as const;
  return numeric(text, 8, {
    names: names.directions,
    points: [0, 1],
    readable: tracked,
    test: (set) =>
      any(...both.filter((_, at) => holds(set, at)).map((is): Match => ({ kind: "direction", is }))),
  });
}

/** `ct original ip saddr`, `ct reply daddr` (in a table of one family), `ct original proto-dst`. */
function tupleKey(scope: Scope, key: string, direction: "original" | "reply", text: string): Key | undefined {
  const [, six, side] = /^(?:ip(6?) )?([sd])addr$/.exec(key) ?? [];
  if (side !== undefined) {
    const family = six === undefined ? (scope.family === "ip6" ? 6 : 4) : six === "6" ? 6 : 4;
    if (six === undefined && scope.family === "inet") return undefined;
    return addressKey(text, `${direction}-${side === "s" ? "source" : "destination"}`, family, tracked);
  }
  if (direction === "reply") {
    return key === "proto-src" || key === "proto-dst"
      ? opaque(text, "a port of the reply's own tuple")
      : undefined;
  }
  if (key === "proto-src") return numeric(text, 16, { field: "original-source-port", readable: tracked });
  if (key === "proto-dst")
    return numeric(text, 16, { field: "original-destination-port", readable: tracked });
  return undefined;
}

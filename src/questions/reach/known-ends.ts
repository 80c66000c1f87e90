// A test with the two ends known: what it asks of addresses and identities is answered, what it asks of protocols and
// ports is left to ask.
import type { Packet } from "../../packet/packet.ts";
import { all, always, any, inverted, never, type Match } from "../../rules/match.ts";
import { matches } from "../../rules/matches.ts";

/** @example withKnownEnds(all(source(set), destinationPorts([22, 22])), packet) // the ports alone, or never */
export function withKnownEnds(match: Match, packet: Packet): Match {
  switch (match.kind) {
    case "not":
      return inverted(withKnownEnds(match.match, packet));
    case "all":
      return all(...match.of.map((one) => withKnownEnds(one, packet)));
    case "any":
      return any(...match.of.map((one) => withKnownEnds(one, packet)));
    case "address":
    case "address-bits":
      return match.field === "source" || match.field === "destination" ? decided(match, packet) : match;
    case "family":
    case "endpoint":
      return decided(match, packet);
    case "always":
    case "never":
    case "number":
    case "tcp-flags":
    case "tcp-option":
    case "fragment":
    case "interface":
    case "state":
    case "status":
    case "direction":
    case "mark":
    case "mac":
    case "link-type":
    case "address-type":
    case "tuple":
    case "unknown":
      return match;
  }
}

/** Ends are single addresses here, so such a test is never unknown. */
function decided(match: Match, packet: Packet): Match {
  const truth = matches(match, { packet });
  return truth === true ? always : truth === false ? never : match;
}

// “Does the estate keep its own rules?”: each assertion of ringwall.yaml, proved for all packets or broken by one that is
// shown with its trace. What hangs on something unknown is not proved, so it breaks the rule.
import type { Assertion } from "../estate/settings.ts";
import type { Estate } from "../estate/model.ts";
import { formatAddress } from "../packet/address.ts";
import { isAddress } from "../packet/address-set.ts";
import type { Packet } from "../packet/packet.ts";
import { breachesOf, type Found } from "./assert/kinds.ts";
import type { Assertions, Breach, Checked } from "./assert/model.ts";
import { reachability, type Engine } from "./reach/engine.ts";
import type { EndClass } from "./reach/model.ts";
import { trace } from "./trace.ts";

export type { Assertions, Breach, Checked } from "./assert/model.ts";

/** Breaches that are shown of one assertion. */
const mostShown = 5;

/**
 * @throws Problem `reference` where an assertion names what is not there
 * @example checkAssertions(await loadEstate("examples/three-tier")).checked.every((one) => one.holds)
 */
export function checkAssertions(estate: Estate): Assertions {
  const engine = reachability(estate);
  return {
    estate: estate.name,
    checked: (estate.settings?.assertions ?? []).map((assertion) => check(engine, assertion)),
    unknowns: estate.unknowns,
  };
}

function check(engine: Engine, assertion: Assertion): Checked {
  const found = breachesOf(engine, assertion);
  return {
    assertion,
    holds: found.length === 0,
    breaches: found.slice(0, mostShown).map((one) => breachOf(engine, one)),
    more: Math.max(0, found.length - mostShown),
  };
}

function breachOf(engine: Engine, found: Found): Breach {
  const { from, to, family, pair, set, why, who, named } = found;
  const flows = pair?.flows(set);
  const packet = flows === undefined ? undefined : pair?.witness(flows);
  const traced = packet === undefined ? undefined : traceOf(engine, from, to, packet);
  return {
    from: who === undefined ? (named?.from ?? from.name) : `${from.name} (${who})`,
    to: named?.to ?? to.name,
    family,
    services: flows?.services() ?? [],
    why,
    ...(packet === undefined || traced === undefined ? {} : { witness: { packet, trace: traced } }),
  };
}

function traceOf(engine: Engine, from: EndClass, to: EndClass, packet: Packet) {
  const { protocol, source, destination, sourcePort, destinationPort, icmpType, icmpCode } = packet;
  if (typeof protocol !== "number" || !isAddress(source) || !isAddress(destination)) return undefined;
  const name = (end: EndClass, address: typeof source): string =>
    end.kind === "inside" ? (end.interfaces[0] ?? formatAddress(address)) : formatAddress(address);
  const second = from === to && to.kind === "inside" ? to.interfaces[1] : undefined;
  return trace(engine.estate, {
    from: name(from, source),
    to: second ?? name(to, destination),
    protocol,
    family: packet.family,
    ...(destinationPort === undefined ? {} : { port: destinationPort }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(typeof icmpType === "number" ? { icmpType } : {}),
    ...(typeof icmpCode === "number" ? { icmpCode } : {}),
  });
}

// A cube: for each field the values that it may have, all combinations of them. What readable output is made of.
import type { AddressSet } from "../packet/address-set.ts";
import type { Family } from "../packet/address.ts";
import type { NumberSet } from "../packet/intervals.ts";
import type { Edge } from "./bdd.ts";
import type { FieldSets } from "./field-sets.ts";
import { bitTestsEdge, type BitTest } from "./interval-edges.ts";
import type { ConnectionState, FragmentState } from "./layout.ts";
import type { Name } from "./names.ts";

/**
 * A field that is not there may have any value. A field that only some packets have holds for these alone: destination
 * port 80 is port 80 of a packet that has ports.
 */
export interface Cube {
  readonly family?: Family;
  readonly source?: AddressSet;
  readonly destination?: AddressSet;
  readonly protocol?: NumberSet;
  readonly destinationPort?: NumberSet;
  readonly sourcePort?: NumberSet;
  readonly icmpType?: NumberSet;
  readonly icmpCode?: NumberSet;
  /** One of the tests holds. */
  readonly tcpFlags?: readonly BitTest[];
  readonly fragment?: readonly FragmentState[];
  readonly state?: readonly ConnectionState[];
  readonly inInterface?: readonly Name[];
  readonly outInterface?: readonly Name[];
  readonly from?: readonly Name[];
  readonly to?: readonly Name[];
  readonly mark?: readonly BitTest[];
  readonly connectionMark?: readonly BitTest[];
}

/** The packets of a cube. */
export function cubeSet(sets: FieldSets, cube: Cube): Edge {
  const { bdd } = sets;
  const parts: Edge[] = [];
  if (cube.family !== undefined) parts.push(sets.family(cube.family));
  if (cube.source !== undefined) parts.push(sets.address("source", cube.source));
  if (cube.destination !== undefined) parts.push(sets.address("destination", cube.destination));
  if (cube.protocol !== undefined) parts.push(sets.number("protocol", cube.protocol));
  if (cube.destinationPort !== undefined) parts.push(sets.number("destination-port", cube.destinationPort));
  if (cube.sourcePort !== undefined) parts.push(sets.number("source-port", cube.sourcePort));
  if (cube.icmpType !== undefined) parts.push(sets.number("icmp-type", cube.icmpType));
  if (cube.icmpCode !== undefined) parts.push(sets.number("icmp-code", cube.icmpCode));
  for (const [field, tests] of [
    ["tcp-flags", cube.tcpFlags],
    ["mark", cube.mark],
    ["connection-mark", cube.connectionMark],
  ] as const)
    if (tests !== undefined) parts.push(sets.bearers(field), bitTestsEdge(bdd, sets.place(field), tests));
  if (cube.fragment !== undefined) parts.push(sets.fragment(cube.fragment));
  if (cube.state !== undefined) parts.push(sets.state(cube.state));
  if (cube.inInterface !== undefined)
    parts.push(sets.codes("in-interface", sets.interfaces.codesOf(cube.inInterface)));
  if (cube.outInterface !== undefined)
    parts.push(sets.codes("out-interface", sets.interfaces.codesOf(cube.outInterface)));
  if (cube.from !== undefined) parts.push(sets.codes("source-endpoint", sets.endpoints.codesOf(cube.from)));
  if (cube.to !== undefined) parts.push(sets.codes("destination-endpoint", sets.endpoints.codesOf(cube.to)));
  return parts.reduce((all, part) => bdd.and(all, part), 1);
}

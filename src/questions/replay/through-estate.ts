// A replay through an estate: every packet crosses the rings between its two ends, wherever it was captured. Addresses
// are taken for the place's own on either side of an internet gateway, since a capture may stand on either.
import { indexOf, type EstateIndex } from "../../estate/estate-index.ts";
import type { Estate, Interface, InterfaceAddress } from "../../estate/model.ts";
import { decidingRings } from "../../estate/walk/deciding.ts";
import { Memory } from "../../estate/walk/memory.ts";
import { walkPacket, type Start } from "../../estate/walk/walk.ts";
import { isAddress } from "../../packet/address-set.ts";
import { addressText, type AddressValue, type Packet } from "../../packet/packet.ts";
import { isInternet } from "../../packet/special.ts";
import { Problem } from "../../problem.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import { decisive } from "./decisive.ts";
import type { Judge, Judgement, Sight } from "./model.ts";

interface Places {
  readonly index: EstateIndex;
  readonly preserved: ReadonlySet<string>;
}

export function judgeByEstate(estate: Estate): Judge {
  const places: Places = { index: indexOf(estate), preserved: preservedTargets(estate) };
  const memory = new Memory();
  /** Connections end to end, as nobody in the estate sees them: tells replies from first packets. */
  const flows = new ConnectionTable();
  return {
    judge: (sight) => judge(places, memory, flows, sight),
    tables: (now) => [
      { place: estate.name, connections: flows.entries(now) },
      ...[...memory.tables()].map(([place, table]) => ({ place, connections: table.entries(now) })),
    ],
  };
}

function judge(places: Places, memory: Memory, flows: ConnectionTable, sight: Sight): Judgement {
  const { index } = places;
  const { packet, now } = sight;
  const tracked = flows.track(packet, now);
  const isReply = tracked.direction === "reply" || tracked.state === "related";
  const from = placeOf(index, packet.source);
  const to = placeOf(index, packet.destination);
  if (from === undefined && to === undefined) {
    return {
      verdict: "unjudged",
      state: tracked.state,
      why: `neither ${addressText(packet.source)} nor ${addressText(packet.destination)} is an address of ${index.estate.name}`,
      causes: [],
    };
  }
  const leg = walkPacket(
    {
      index,
      rings: decidingRings,
      memory,
      now,
      isReply,
      rememberRefused: false,
      ...(to === undefined ? {} : { goal: to.place }),
    },
    asSent(packet, from, to, places),
    startOf(places, from, to),
  );
  if (leg.answer !== "denied") flows.confirm(tracked, now);
  return { verdict: leg.answer, ...decisive(leg.answer, leg.steps), state: tracked.state };
}

interface Owned {
  readonly place: Interface;
  readonly address: InterfaceAddress;
}

/** Who has an address, private or public. @throws Problem `unanswerable` where two networks have it */
function placeOf(index: EstateIndex, value: AddressValue): Owned | undefined {
  if (!isAddress(value)) return undefined;
  const places = [...index.estate.networks.keys()].flatMap(
    (network) => index.interfaceAt(network, value) ?? [],
  );
  const [place, second] = places;
  if (second !== undefined) {
    throw new Problem(
      "unanswerable",
      `${addressText(value)} is an address in ${places.length} networks: ${places.map((item) => item.id).join(", ")}`,
      { remedy: "replay through an estate with the one network that the capture was made in" },
    );
  }
  if (place === undefined) {
    const shown = index.publicInterface(value);
    return shown === undefined ? undefined : { place: shown.interface, address: shown.address };
  }
  const address = place.addresses.find(
    (item) => item.address.family === value.family && item.address.value === value.value,
  );
  return { place, address: address ?? { address: value } };
}

/** The packet as its sender sent it: from a private address; and to the public one where it comes from the internet. */
function asSent(packet: Packet, from: Owned | undefined, to: Owned | undefined, places: Places): Packet {
  const source = from === undefined ? packet.source : from.address.address;
  const outside = from === undefined && isInternet(packet.source) && !isPreserved(places, to);
  const shown = outside ? to?.address.public : undefined;
  const destination =
    shown ?? (from !== undefined && to !== undefined ? to.address.address : packet.destination);
  return { ...packet, source, destination };
}

function startOf(places: Places, from: Owned | undefined, to: Owned | undefined): Start {
  if (from !== undefined) return { kind: "interface", interface: from.place };
  const network =
    to !== undefined && isPreserved(places, to) ? places.index.subnetOf(to.place)?.network : undefined;
  return { kind: "outside", ...(network === undefined ? {} : { network }) };
}

/** Targets of load balancers that keep the client's address: the internet reaches them by way of it. */
function preservedTargets(estate: Estate): ReadonlySet<string> {
  return new Set(
    [...estate.loadBalancers.values()]
      .filter((balancer) => balancer.preservesClient)
      .flatMap((balancer) => balancer.listeners.flatMap((listener) => listener.targets))
      .flatMap((target) => target.interface ?? []),
  );
}

function isPreserved(places: Places, to: Owned | undefined): boolean {
  return to !== undefined && to.address.public === undefined && places.preserved.has(to.place.id);
}

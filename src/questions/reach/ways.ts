// The way between two classes, there and back: walked once for all classes that routes treat alike, by the same walk that
// a trace takes, with rings that are noted instead of asked. What is noted speaks of “its own interface, subnet, address”
// wherever it is one of the two ends', so that it holds for every pair that goes this way.
import type { EstateIndex } from "../../estate/estate-index.ts";
import type { Interface, Subnet } from "../../estate/model.ts";
import type { Address } from "../../packet/address.ts";
import { isAddress } from "../../packet/address-set.ts";
import { numberText, type AddressValue, type NumberValue, type Packet } from "../../packet/packet.ts";
import type { Step } from "../../rules/step.ts";
import type { Ends } from "../trace/ends.ts";
import { thereAndBack } from "../trace/there-and-back.ts";
import { recordingRings, type Noted, type Stop } from "./record.ts";

/** One of the ends by its role, or something else on the way. */
export type At<T> = "from" | "to" | T;

/** An address of a packet on its way: of an end as it is, its public one, or a gateway's. */
export type Spot =
  | { readonly of: "from" | "to"; readonly shown: boolean }
  | { readonly of: "fixed"; readonly address: Address };

/** A ring on the way, with what the packet looks like there. */
export interface Crossing {
  readonly stop: Stop;
  /** Whose interface, or whose subnet, the ring stands at. */
  readonly place: At<Interface>;
  readonly subnet: At<Subnet>;
  readonly isReply: boolean;
  readonly source: Spot;
  readonly destination: Spot;
  /** A NAT gateway stands between it and the client: the client's port is one of the gateway's choosing. */
  readonly translated: boolean;
  /** A ring with a memory that let the connection through before: it lets the answer through. */
  readonly remembers: boolean;
}

export interface Way {
  readonly there: readonly Crossing[];
  readonly back: readonly Crossing[];
  /** What a place on the way there hangs on, or refuses, by itself: routes and gateways. */
  readonly steps: readonly Step[];
  readonly backSteps: readonly Step[];
  /** Ends without an answer: nothing comes back, whatever the rings say. */
  readonly returns: boolean;
  /** Gateways and NAT on the way there. */
  readonly via: readonly string[];
  /**
   * A machine with a firewall forwards it, which may send it elsewhere; or a ring with a memory sees the answer and did
   * not see the request, and what it takes the answer for hangs on the protocol. Sets can't follow: each part is walked.
   */
  readonly tangled: boolean;
}

/** How the ends' own addresses, interfaces and subnets are told from others. */
export interface Parties {
  readonly from: Party;
  readonly to: Party;
}

export interface Party {
  /** Absent: outside. */
  readonly place?: Interface;
  readonly address: Address;
  readonly shown?: Address;
}

/**
 * The way of a packet of open ports between two ends; undefined where there is none by routes and gateways.
 *
 * @example findWay(index, ends, { from, to })?.there.map((crossing) => crossing.stop.kind)
 */
export function findWay(index: EstateIndex, ends: Ends, parties: Parties): Way | undefined {
  const noted: Noted[] = [];
  const found = thereAndBack(index, recordingRings(noted), ends, ends.packet);
  const { forward, reply } = found;
  if (forward.answer === "denied" || forward.end.kind === "nowhere") return undefined;
  if (
    ends.goal !== undefined &&
    (forward.end.kind !== "interface" || forward.end.interface.id !== ends.goal.id)
  )
    return undefined;
  const crossing = crossings(ends.packet, parties, noted);
  const there = noted.filter((one) => !one.isReply).map((one) => crossing(one));
  const returns = reply !== undefined && reply.answer !== "denied" && reply.end.kind !== "nowhere";
  const back = returns ? noted.filter((one) => one.isReply).map((one) => crossing(one)) : [];
  return {
    there,
    back,
    steps: forward.steps,
    backSteps: reply?.steps ?? [],
    returns,
    via: [
      ...new Set(
        forward.steps
          .filter((step) => step.layer === "gateway" || step.layer === "nat")
          .map((step) => step.place),
      ),
    ],
    tangled: [...there, ...back].some(
      ({ stop, isReply, remembers }) =>
        (stop.kind === "host" && stop.way === "forward") ||
        (isReply && !remembers && memoryKey(stop) !== undefined),
    ),
  };
}

function crossings(asked: Packet, { from, to }: Parties, noted: readonly Noted[]): (one: Noted) => Crossing {
  const spot = (value: AddressValue, first: "from" | "to"): Spot => {
    if (!isAddress(value)) throw new Error("a way is walked with one address for each end");
    const second = first === "from" ? "to" : "from";
    for (const role of [first, second] as const) {
      const party = role === "from" ? from : to;
      if (same(value, party.address)) return { of: role, shown: false };
      if (party.shown !== undefined && same(value, party.shown)) return { of: role, shown: true };
    }
    return { of: "fixed", address: value };
  };
  const placeOf = (place: Interface): At<Interface> =>
    place.id === from.place?.id ? "from" : place.id === to.place?.id ? "to" : place;
  const subnetOf = (subnet: Subnet): At<Subnet> =>
    subnet.id === from.place?.subnet ? "from" : subnet.id === to.place?.subnet ? "to" : subnet;
  return (one) => {
    const { stop, isReply, packet } = one;
    const clientPort = isReply ? packet.destinationPort : packet.sourcePort;
    return {
      stop,
      place: "place" in stop ? placeOf(stop.place) : "to",
      subnet: "subnet" in stop ? subnetOf(stop.subnet) : "to",
      isReply,
      source: spot(packet.source, isReply ? "to" : "from"),
      destination: spot(packet.destination, isReply ? "from" : "to"),
      translated: portText(clientPort) !== portText(asked.sourcePort),
      remembers: isReply && noted.some((other) => isMemoryOf(other, one)),
    };
  };
}

/** Whether a ring saw the request of an answer that it sees now. */
function isMemoryOf(before: Noted, now: Noted): boolean {
  return (
    !before.isReply &&
    memoryKey(before.stop) === memoryKey(now.stop) &&
    memoryKey(now.stop) !== undefined &&
    sameValue(before.packet.source, now.packet.destination) &&
    sameValue(before.packet.destination, now.packet.source) &&
    portText(before.packet.sourcePort) === portText(now.packet.destinationPort) &&
    portText(before.packet.destinationPort) === portText(now.packet.sourcePort)
  );
}

/** Rings with one memory have one key; undefined: it has none. */
function memoryKey(stop: Stop): string | undefined {
  switch (stop.kind) {
    case "packet-filter":
      return stop.filter.stateful ? `packet-filter ${stop.subnet.id} ${stop.filter.id}` : undefined;
    case "security-groups":
    case "network-policies":
      return `${stop.kind} ${stop.place.id}`;
    case "host":
      return `host ${stop.machine.id}`;
    case "network-acl":
    case "listening":
    case "answers":
      return undefined;
  }
}

function portText(value: NumberValue | undefined): string {
  return value === undefined ? "" : numberText(value);
}

function sameValue(a: AddressValue, b: AddressValue): boolean {
  return isAddress(a) && isAddress(b) && same(a, b);
}

function same(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

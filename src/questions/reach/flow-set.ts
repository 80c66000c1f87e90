// A set of flows of one pair, as people ask about it: is 443 in it, which services are in it.
import type { Family } from "../../packet/address.ts";
import type { NumberSet } from "../../packet/intervals.ts";
import { anyPort, hasPorts, ICMP, ICMPV6 } from "../../packet/protocol.ts";
import type { PacketSet, Space } from "../../space/space.ts";
import type { Flow, FlowSet, Service } from "./model.ts";
import type { Views } from "./views.ts";

/** What flow sets of one family and one kind of client share. */
export interface FlowContext {
  readonly views: Views;
  readonly family: Family;
  /** The ports that the client uses, and all flows that it can begin. */
  readonly clientPorts: NumberSet;
  readonly flows: PacketSet;
  /** By set: lists of services, made once. */
  readonly services: Map<PacketSet, readonly Service[]>;
}

export class Flows implements FlowSet {
  readonly set: PacketSet;
  readonly #context: FlowContext;

  constructor(context: FlowContext, set: PacketSet) {
    this.#context = context;
    this.set = set;
  }

  get isEmpty(): boolean {
    return this.set === this.#context.views.space.none;
  }

  has(flow: Flow): boolean {
    const asked = this.#flow(flow);
    return !this.#space.isEmpty(asked) && this.#space.isSubset(asked, this.set);
  }

  touches(flow: Flow): boolean {
    return this.#space.overlaps(this.#flow(flow), this.set);
  }

  services(): readonly Service[] {
    const { services } = this.#context;
    let list = services.get(this.set);
    if (list === undefined) services.set(this.set, (list = servicesOf(this.#context, this.set)));
    return list;
  }

  get #space(): Space {
    return this.#context.views.space;
  }

  #flow({ protocol, destinationPort, sourcePort, icmpType, icmpCode = 0 }: Flow): PacketSet {
    const { views, family, flows } = this.#context;
    const { space } = views;
    const own = protocol === ICMP && family === 6 ? ICMPV6 : protocol;
    const parts = [flows, space.number("protocol", [own, own])];
    if (hasPorts(own)) {
      if (destinationPort !== undefined)
        parts.push(space.number("destination-port", [destinationPort, destinationPort]));
      if (sourcePort !== undefined) parts.push(space.number("source-port", [sourcePort, sourcePort]));
    } else if (own === ICMP || own === ICMPV6) {
      const echo = family === 4 ? 8 : 128;
      const type = icmpType ?? echo;
      parts.push(
        views.ofFamily(space.number("icmp-type", [type, type]), family),
        views.ofFamily(space.number("icmp-code", [icmpCode, icmpCode]), family),
      );
    }
    return space.intersectionOf(parts);
  }
}

const everyCode: NumberSet = [0, 255];

/** Lines for people: whole protocols, ports, and apart what works from some of the client's ports only. */
function servicesOf(context: FlowContext, set: PacketSet): Service[] {
  const { views, flows } = context;
  const { space } = views;
  if (space.isEmpty(set)) return [];
  if (set === flows) return [{ protocol: "any" }];
  // Flows that work from every port of the client's: those of which no port is refused.
  const refused = space.forget(space.minus(flows, set), ["source-port"]);
  const whole = space.minus(set, refused);
  return [...wholeServices(context, whole), ...narrowServices(context, space.minus(set, whole))].toSorted(
    (a, b) => order(a) - order(b),
  );
}

function order({ protocol }: Service): number {
  return protocol === "any" ? -1 : protocol;
}

function wholeServices({ views, family, flows }: FlowContext, set: PacketSet): Service[] {
  const { space } = views;
  const services: Service[] = [];
  for (const protocol of eachOf(space.numbersOf(set, "protocol"))) {
    const one = space.number("protocol", [protocol, protocol]);
    const own = space.and(set, one);
    if (own === space.and(flows, one)) services.push({ protocol });
    else if (protocol === ICMP || protocol === ICMPV6)
      services.push(...icmpServices(views, family, protocol, own));
    else services.push({ protocol, destinationPorts: space.numbersOf(own, "destination-port") });
  }
  return services;
}

function icmpServices(views: Views, family: Family, protocol: number, own: PacketSet): Service[] {
  const { space } = views;
  const byCodes = new Map<string, { types: number[]; codes: NumberSet }>();
  for (const type of eachOf(numbersOfIcmp(views, family, own, "icmp-type"))) {
    const of = space.and(own, views.ofFamily(space.number("icmp-type", [type, type]), family));
    const codes = numbersOfIcmp(views, family, of, "icmp-code");
    const before = byCodes.get(codes.join(" "));
    if (before === undefined) byCodes.set(codes.join(" "), { types: [type, type], codes });
    else before.types.push(type, type);
  }
  return [...byCodes.values()].map(({ types, codes }) => ({
    protocol,
    icmp: { types, ...(codes.join(" ") === everyCode.join(" ") ? {} : { codes }) },
  }));
}

/** The space reads ICMP fields of a packet whose family it knows. */
function numbersOfIcmp(
  { space }: Views,
  family: Family,
  set: PacketSet,
  field: "icmp-type" | "icmp-code",
): NumberSet {
  return space.numbersOf(space.and(set, space.family(family)), field);
}

/** Ports that work from some of the client's ports alone, those with the same ones together. */
function narrowServices({ views }: FlowContext, set: PacketSet): Service[] {
  const { space } = views;
  const services: Service[] = [];
  let left = set;
  while (!space.isEmpty(left)) {
    const [protocol] = space.numbersOf(left, "protocol");
    if (protocol === undefined) break;
    const own = space.and(left, space.number("protocol", [protocol, protocol]));
    const [port] = space.numbersOf(own, "destination-port");
    if (port === undefined) break;
    const sourcePorts = space.numbersOf(
      space.and(own, space.number("destination-port", [port, port])),
      "source-port",
    );
    const from = space.number("source-port", sourcePorts);
    // Ports that work from no other source port, and from all of these.
    const others = space.forget(space.minus(own, from), ["source-port"]);
    const lacking = space.forget(space.minus(space.and(space.forget(own, ["source-port"]), from), own), [
      "source-port",
    ]);
    const alike = space.minus(own, space.or(others, lacking));
    services.push({ protocol, destinationPorts: space.numbersOf(alike, "destination-port"), sourcePorts });
    left = space.minus(left, alike);
  }
  return services.map((service) =>
    service.destinationPorts?.join(" ") === anyPort.join(" ") ? withoutPorts(service) : service,
  );
}

function withoutPorts({ destinationPorts: _every, ...service }: Service): Service {
  return service;
}

function* eachOf(set: NumberSet): Generator<number> {
  for (let at = 0; at + 1 < set.length; at += 2)
    for (let value = set[at] ?? 0; value <= (set[at + 1] ?? -1); value += 1) yield value;
}

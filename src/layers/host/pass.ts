// How a packet passes a Linux host: prerouting, the routing decision, then input or forward and postrouting; or output
// and postrouting for the host's own. Follows Linux 6; what a chain decides stands in rules/evaluate.ts, what tracking
// and translation do in rules/connections. Left out: reverse path filter, martians, policy routing, bridges, IPsec,
// XDP and tc, and the answers that the host itself would send (RST, ICMP errors): they are packets of their own.
import { isAddress } from "../../packet/address-set.ts";
import type { AddressValue, Packet } from "../../packet/packet.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import { decisive, explain } from "./explain.ts";
import { hookPlan } from "./hooks.ts";
import type { HostFirewall } from "./model.ts";
import type { HostPassage, Passing, Path } from "./passage.ts";
import { isForSelf, wayTo } from "./routing.ts";
import { Walk } from "./walk.ts";

/**
 * Passes one packet through a host's netfilter, and tells what became of it. An accepted packet's connection enters
 * the table, so that its replies are known; where it depends, it is taken to have passed.
 *
 * @example
 * passHost(firewall, { packet, origin: { kind: "arrives", device: "eth0" }, to: "self",
 *   connections: new ConnectionTable(), now: 0, place: "db-1" }).answer
 */
export function passHost(firewall: HostFirewall, passing: Passing): HostPassage {
  const walk = new Walk(firewall, passing, hookPlan(firewall, passing.packet.family));
  const path = passing.origin.kind === "made" ? send(walk) : receive(walk, passing.origin.device);
  return new Passed(walk, path);
}

class Passed implements HostPassage {
  readonly answer: "allowed" | "denied" | "depends";
  readonly causes: readonly Cause[];
  readonly packet: Packet;
  readonly path: Path;
  readonly outDevice: string | undefined;
  readonly state: ConnectionState;
  readonly loopback: boolean;
  readonly #walk: Walk;
  #steps: readonly Step[] | undefined;

  constructor(walk: Walk, path: Path) {
    this.#walk = walk;
    this.answer = walk.denied ? "denied" : walk.depends ? "depends" : "allowed";
    this.causes = this.answer === "depends" ? [...new Set(walk.causes)] : [];
    this.packet = walk.packet;
    this.path = path;
    this.outDevice = path === "input" ? undefined : walk.outDevice;
    this.state = walk.view.state;
    this.loopback = path === "output" && walk.outDevice === "lo";
  }

  get steps(): readonly Step[] {
    this.#steps ??= explain(this.#walk, this.path);
    return this.#steps;
  }

  get rule(): Rule | undefined {
    return decisive(this.#walk, this.path);
  }
}

function receive(walk: Walk, device: string | undefined): Path {
  const { passing } = walk;
  walk.inDevice = device;
  if (!walk.run("prerouting", device, "")) return probablePath(walk);
  const path = routed(walk);
  remember(walk, path);
  if (path === "input") {
    if (walk.run("input", device, "")) settle(walk);
    return path;
  }
  if (!leave(walk, passing.outDevice) || !hop(walk)) return path;
  // Where a packet is forwarded, both of its interfaces are known to the last hook (ip_output).
  if (walk.run("forward", device, walk.outDevice) && walk.run("postrouting", device, walk.outDevice))
    settle(walk);
  return path;
}

/** A forwarded packet loses its hop before the forward chains see it (ip_forward, ip6_forward), and ends where none is left. */
function hop(walk: Walk): boolean {
  const { ttl } = walk.packet;
  if (ttl === undefined) return true;
  if (ttl > 1) {
    walk.view.packet = { ...walk.packet, ttl: ttl - 1 };
    return true;
  }
  return walk.refuse({
    kind: "refused",
    ring: "routing",
    why: `its ${walk.packet.family === 4 ? "TTL" : "hop limit"} is ${ttl}: a router that would pass it on drops it and answers with “time exceeded”`,
  });
}

function send(walk: Walk): Path {
  const { passing, firewall } = walk;
  if (isForSelf(firewall, walk.packet.destination) === true && isUnicastSelf(walk)) walk.outDevice = "lo";
  else if (!leave(walk, passing.outDevice)) return "output";
  if (!walk.run("output", "", walk.outDevice)) return "output";
  remember(walk, "output");
  // A rewritten destination is routed anew; the output hook itself still saw the first interface.
  if (isMoved(walk) && !leave(walk, undefined)) return "output";
  if (!walk.run("postrouting", "", walk.outDevice) || !settle(walk)) return "output";
  if (walk.outDevice === "lo") {
    walk.inDevice = "lo";
    if (walk.run("prerouting", "lo", "") && walk.run("input", "lo", "")) settle(walk);
  }
  return "output";
}

/** The host's own broadcasts and multicasts leave by an interface; what is for one of its addresses stays on `lo`. */
function isUnicastSelf(walk: Walk): boolean {
  const { destination } = walk.packet;
  if (!isAddress(destination)) return true;
  const type = walk.view.addressType(destination);
  return type === "local";
}

/** Which interface the packet leaves by: what the question says while the destination is its own, else the routes. */
function leave(walk: Walk, asked: string | undefined): boolean {
  const { destination } = walk.packet;
  if (asked !== undefined && !isMoved(walk)) {
    walk.outDevice = asked;
    return true;
  }
  if (
    walk.passing.origin.kind === "made" &&
    isForSelf(walk.firewall, destination) === true &&
    isUnicastSelf(walk)
  ) {
    walk.outDevice = "lo";
    return true;
  }
  const way = wayTo(walk.firewall, destination);
  if (way.kind === "leaves") {
    walk.outDevice = way.device;
    return true;
  }
  return walk.refuse({
    kind: "refused",
    ring: "routing",
    why: way.why,
    ...(way.route === undefined ? {} : { route: way.route }),
  });
}

/** The routing decision, after prerouting may have rewritten the destination. */
function routed(walk: Walk): "input" | "forward" {
  const { passing, firewall, tracked } = walk;
  const forSelf = isForSelf(firewall, walk.packet.destination);
  if (forSelf === true) return "input";
  if (!isMoved(walk)) {
    if (passing.to !== undefined) return passing.to === "self" ? "input" : "forward";
    if (forSelf === false || passing.outDevice !== undefined) return "forward";
  } else if (forSelf === false) return "forward";
  // Nobody told the host's addresses: what is known of the connection, or what the rule's own meaning is, decides.
  const way = tracked.connection?.way;
  if (way !== undefined)
    return way === "forward"
      ? "forward"
      : (way === "output") === (tracked.direction === "reply")
        ? "input"
        : "forward";
  return isMoved(walk) && !isRedirected(walk) ? "forward" : "input";
}

/** REDIRECT sends to the host itself, whatever its address is. */
function isRedirected(walk: Walk): boolean {
  return walk.notes.some(
    (note) =>
      note.kind === "translated" &&
      note.by?.rule.actions.some((action) => action.kind === "redirect") === true,
  );
}

function isMoved(walk: Walk): boolean {
  return !sameAddress(walk.packet.destination, walk.passing.packet.destination);
}

function sameAddress(a: AddressValue, b: AddressValue): boolean {
  return a === b || (isAddress(a) && isAddress(b) && a.family === b.family && a.value === b.value);
}

function remember(walk: Walk, path: Path): void {
  const { connection } = walk.tracked;
  if (connection !== undefined && !connection.confirmed) connection.way ??= path;
}

/** After the last hook: the packet's connection is confirmed, unless another one got in the way. */
function settle(walk: Walk): boolean {
  const { passing, tracked } = walk;
  if (passing.assume !== undefined || passing.connections.confirm(tracked, passing.now)) return true;
  return walk.refuse({
    kind: "refused",
    ring: "connection table",
    why: "another connection already has the addresses and ports that its replies would come with, so the kernel drops it",
  });
}

/** A packet that prerouting refused had no routing decision; where it was bound for, if it had passed. */
function probablePath(walk: Walk): Path {
  return routed(walk);
}

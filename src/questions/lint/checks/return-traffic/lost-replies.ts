// Connections whose first packet gets there and whose reply a ring without memory refuses: which ring, which way, and
// which of the client's ports are lost. Shared by the checks of return traffic.
import { subnetName } from "../../../../estate/walk/passage.ts";
import type { NetworkAcl } from "../../../../layers/nacl/model.ts";
import type { PacketFilter } from "../../../../layers/packet-filter/model.ts";
import type { Direction } from "../../../../layers/ports.ts";
import {
  isAddress,
  noAddresses,
  prefixesOf,
  singleAddress,
  unionOfAddresses,
  type AddressSet,
} from "../../../../packet/address-set.ts";
import { union, type NumberSet } from "../../../../packet/intervals.ts";
import { ACK, SYN, type NumberValue, type Packet } from "../../../../packet/packet.ts";
import { portDomain } from "../../../../packet/protocol.ts";
import type { Step } from "../../../../rules/step.ts";
import type { TraceQuestion } from "../../../trace/model.ts";
import type { Context } from "../../context.ts";
import { isWorldwide } from "../../openings.ts";
import { exampleNumber } from "../../witness.ts";
import { formatPrefix } from "../../../../packet/address.ts";
import { letsAllThrough } from "../../open-acl.ts";
import { meantFlows, type MeantFlow } from "../../meant.ts";

/** A ring without memory. */
export type Forgetful =
  | { readonly kind: "acl"; readonly acl: NetworkAcl }
  | { readonly kind: "filter"; readonly filter: PacketFilter };

export interface LostReply {
  readonly ring: Forgetful;
  readonly direction: Direction;
  readonly flow: MeantFlow;
  /** Who asks, of those whose replies are refused. */
  readonly clients: AddressSet;
  /** The client's ports whose replies are refused. */
  readonly lost: NumberSet;
  /** Whether no port of the client is left. */
  readonly whole: boolean;
  /** The reply, as it was sent, and the step that refuses it. */
  readonly reply: Packet;
  readonly step: Step;
  /** What works once the reply gets through; absent where more stands in the way. */
  readonly opens?: TraceQuestion;
}

const kept = new WeakMap<Context, readonly LostReply[]>();

export function lostReplies(context: Context): readonly LostReply[] {
  const before = kept.get(context);
  if (before !== undefined) return before;
  const made = mayForget(context) ? meantFlows(context).flatMap((flow) => lostOf(context, flow)) : [];
  kept.set(context, made);
  return made;
}

/** Whether any ring has no memory and refuses anything: else there is nothing to ask. */
function mayForget({ estate }: Context): boolean {
  return (
    [...estate.networkAcls.values()].some(
      (acl) => !letsAllThrough(acl.inbound) || !letsAllThrough(acl.outbound),
    ) || [...estate.packetFilters.values()].some((filter) => !filter.stateful)
  );
}

function lostOf(context: Context, flow: MeantFlow): readonly LostReply[] {
  const { from, to, protocol, port, family } = flow;
  const question = { from, to, protocol, port, family };
  const asked = context.ask(question);
  if (asked === undefined) return [];
  const found = new Map<string, LostReply>();
  for (const item of asked.cases) {
    if (item.forward.answer !== "allowed" || item.forward.jumped || item.reply === undefined) continue;
    const refused = item.reply.steps.filter((step) => step.verdict === "denied");
    for (const step of refused) {
      const at = ringOf(context, step);
      if (at === undefined) continue;
      const ports = item.packet.sourcePort ?? [];
      const own: NumberSet = typeof ports === "number" ? [ports, ports] : ports;
      const key = `${step.ring} ${step.place}`;
      const before = found.get(key);
      found.set(key, {
        ...at,
        flow,
        clients: unionOfAddresses([
          before?.clients ?? noAddresses,
          isAddress(item.packet.source) ? singleAddress(item.packet.source) : item.packet.source,
        ]),
        lost: union(portDomain, before?.lost ?? [], own),
        whole: !asked.cases.some((other) => other.answer !== "denied"),
        reply: before?.reply ?? replyAt(item.forward.packet, item.reply.steps, step),
        step,
      });
    }
  }
  return [...found.values()].map((lost) => {
    const opens = openedBy(context, lost);
    return opens === undefined ? lost : { ...lost, opens };
  });
}

/** The question of those clients alone, where nothing but this ring stands in their way. */
function openedBy(context: Context, { flow, clients, step }: LostReply): TraceQuestion | undefined {
  const { from, to, protocol, port, family } = flow;
  const [prefix, ...others] = flow.from === "internet" && !isWorldwide(clients) ? prefixesOf(clients) : [];
  if (others.length > 0) return undefined;
  const question = { from: prefix === undefined ? from : formatPrefix(prefix), to, protocol, port, family };
  const alone = context
    .ask(question)
    ?.cases.every(
      (item) =>
        item.answer !== "depends" &&
        [...item.forward.steps, ...(item.reply?.steps ?? [])].every(
          (other) => other.verdict !== "denied" || (other.ring === step.ring && other.place === step.place),
        ),
    );
  return alone === true ? question : undefined;
}

/** The reply to a packet as it comes to a step, to one port of its client: for a witness. */
function replyAt(arrived: Packet, steps: readonly Step[], at: Step): Packet {
  const rewritten = steps
    .slice(0, steps.indexOf(at))
    .findLast((step) => step.rewritten !== undefined)?.rewritten;
  return rewritten === undefined
    ? replyOf(arrived)
    : { ...rewritten, destinationPort: clientPort(rewritten.destinationPort) };
}

function clientPort(ports: NumberValue | undefined): number {
  return exampleNumber(ports ?? [], [49152, 32768]);
}

function replyOf(packet: Packet): Packet {
  const { tcpFlags, sourcePort = [], destinationPort = [], ...others } = packet;
  return {
    ...others,
    source: packet.destination,
    destination: packet.source,
    sourcePort: destinationPort,
    destinationPort: clientPort(sourcePort),
    ...(tcpFlags === undefined ? {} : { tcpFlags: SYN | ACK }),
  };
}

function ringOf(
  { estate }: Context,
  step: Step,
): { readonly ring: Forgetful; readonly direction: Direction } | undefined {
  const direction = step.ring.endsWith(" inbound") ? "inbound" : "outbound";
  const name = step.ring.slice(0, step.ring.lastIndexOf(" "));
  const subnets = [...estate.subnets.values()].filter((subnet) => subnetName(subnet) === step.place);
  if (step.layer === "nacl") {
    const acl = subnets
      .flatMap((subnet) =>
        subnet.networkAcl === undefined ? [] : (estate.networkAcls.get(subnet.networkAcl) ?? []),
      )
      .find((item) => item.name === name);
    return acl === undefined ? undefined : { ring: { kind: "acl", acl }, direction };
  }
  if (step.layer !== "packet-filter") return undefined;
  const filter = subnets
    .flatMap((subnet) => subnet.packetFilters.flatMap((id) => estate.packetFilters.get(id) ?? []))
    .find((item) => item.name === name);
  return filter === undefined || filter.stateful
    ? undefined
    : { ring: { kind: "filter", filter }, direction };
}

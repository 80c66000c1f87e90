// A packet on its way: the steps so far, and where it got to. Hops add to it; nothing else is shared between them.
import type { HostFirewall } from "../../layers/host/model.ts";
import type { NetworkAcl } from "../../layers/nacl/model.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import type { Direction } from "../../layers/ports.ts";
import type { Address } from "../../packet/address.ts";
import type { Packet } from "../../packet/packet.ts";
import type { ConnectionState } from "../../rules/match.ts";
import type { Step } from "../../rules/step.ts";
import type { Cause } from "../../rules/truth.ts";
import type { EstateIndex } from "../estate-index.ts";
import type { Host, Interface, LoadBalancer, Subnet } from "../model.ts";
import type { Memory } from "./memory.ts";

export type Answer = "allowed" | "denied" | "depends";

/** Where a packet ended. `nowhere`: no ring was left to ask, since nothing carries it further. */
export type End =
  | { readonly kind: "interface"; readonly interface: Interface }
  /** `network`: the network that answers come back into, where that is not by public address. */
  | { readonly kind: "outside"; readonly what: string; readonly network?: string }
  | { readonly kind: "nowhere" };

/** What comes next on a way. Hops return it and the walk follows, so that no hop has to know the others. */
export type Next =
  | { readonly kind: "end"; readonly end: End }
  /** Onto an interface; over its subnet's edge where it comes from outside the subnet. */
  | { readonly kind: "deliver"; readonly to: Interface; readonly entersSubnet: boolean }
  /** To whoever has the destination address in a network; `from` is the subnet that it comes from, if one. */
  | { readonly kind: "locate"; readonly network: string; readonly from?: Subnet }
  /** By the route table of the sender's subnet. */
  | { readonly kind: "route"; readonly subnet: Subnet; readonly sender: Interface }
  /** In from the internet, by public address. */
  | { readonly kind: "internet" };

export const nowhere: Next = { kind: "end", end: { kind: "nowhere" } };

export function outside(what: string, network?: string): Next {
  return { kind: "end", end: { kind: "outside", what, ...(network === undefined ? {} : { network }) } };
}

/** On to the place that the question asked for, as if the packet got there: its rings are worth knowing too. */
export function onToGoal(passage: Passage): Next {
  const { goal } = passage.walk;
  passage.jumped = true;
  return goal === undefined ? nowhere : { kind: "deliver", to: goal, entersSubnet: true };
}

export interface Leg {
  readonly answer: Answer;
  readonly steps: readonly Step[];
  readonly end: End;
  /** The packet as it arrived, after every rewriting. */
  readonly packet: Packet;
  /** No way led on, and the rings at the goal were asked as if the packet had got there. */
  readonly jumped: boolean;
}

/**
 * What becomes of a packet at each kind of ring. A trace decides there (deciding.ts); a question about all packets only
 * notes which rings stand on the way. Which rings stand where, and in which order, is the walk's own matter.
 */
export interface Rings {
  readonly networkAcl: (passage: Passage, subnet: Subnet, acl: NetworkAcl, direction: Direction) => void;
  readonly packetFilter: (
    passage: Passage,
    subnet: Subnet,
    filter: PacketFilter,
    direction: Direction,
  ) => void;
  readonly securityGroups: (passage: Passage, place: Interface, direction: Direction) => void;
  readonly networkPolicies: (passage: Passage, place: Interface, direction: Direction) => void;
  /** `place`: the interface that the packet comes in or leaves by. */
  readonly host: (
    passage: Passage,
    machine: Host,
    firewall: HostFirewall,
    place: Interface,
    way: "in" | "out" | "forward",
  ) => void;
  /** Whether a load balancer has a listener for it. */
  readonly listening: (passage: Passage, balancer: LoadBalancer) => void;
  /** Whether anything answers on a machine. */
  readonly answers: (passage: Passage, machine: Host, place: Interface) => void;
}

/** What a walk is asked with. */
export interface Walk {
  readonly index: EstateIndex;
  readonly rings: Rings;
  readonly memory: Memory;
  /** Seconds; only differences count. */
  readonly now: number;
  /** The packet answers one that went before: words only, rings tell for themselves. */
  readonly isReply: boolean;
  /**
   * Whether stateful rings remember a packet that was refused as if it had passed: a trace asks so, to judge the
   * reply by itself and name its blockers too. Live packets and replays don't.
   */
  readonly rememberRefused: boolean;
  /** Asserted by the question: every stateful ring takes the packet for this. */
  readonly assume?: ConnectionState;
  /** Where the question wants it to go, so that rings behind a missing route can still be asked. */
  readonly goal?: Interface;
}

export interface Passage {
  readonly walk: Walk;
  readonly steps: Step[];
  packet: Packet;
  jumped: boolean;
}

export function addStep(passage: Passage, step: Step): Step {
  passage.steps.push(step);
  if (step.rewritten !== undefined) passage.packet = step.rewritten;
  return step;
}

/** A hop that decides nothing by itself: a route taken, a gateway crossed. */
export function pass(
  passage: Passage,
  step: Omit<Step, "verdict" | "rules" | "causes"> & Partial<Pick<Step, "rules">>,
): void {
  addStep(passage, { rules: [], causes: [], ...step, verdict: "passed" });
}

/** A place where it ends for want of a way on. */
export function refuse(
  passage: Passage,
  step: Omit<Step, "verdict" | "rules" | "causes"> & Partial<Pick<Step, "rules">>,
): void {
  addStep(passage, { rules: [], causes: [], ...step, verdict: "denied", silent: true });
}

export function depend(
  passage: Passage,
  step: Omit<Step, "verdict" | "rules" | "causes">,
  causes: readonly Cause[],
): void {
  addStep(passage, { rules: [], ...step, verdict: "depends", causes });
}

/** Denied wins over depends, depends over allowed: every ring has to let it through. */
export function answerOf(steps: readonly Step[]): Answer {
  if (steps.some((step) => step.verdict === "denied")) return "denied";
  return steps.some((step) => step.verdict === "depends") ? "depends" : "allowed";
}

/**
 * Who has an address in a network: the place that is asked for where several have it (pods that share their node's
 * network, an export of two moments), else the one that was read last.
 */
export function holderOf({ index, goal }: Walk, network: string, address: Address): Interface | undefined {
  const isGoal =
    goal !== undefined &&
    index.subnetOf(goal)?.network === network &&
    goal.addresses.some(
      (item) => item.address.family === address.family && item.address.value === address.value,
    );
  return isGoal ? goal : index.interfaceAt(network, address);
}

export function subnetName(subnet: Subnet): string {
  return subnet.name === subnet.id ? `subnet ${subnet.id}` : `subnet ${subnet.name} (${subnet.id})`;
}

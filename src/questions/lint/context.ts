// What a check sees: the estate, whole or narrowed to one subject when a remedy is tried, the settings, and answers about
// packets that are asked for once and kept. Decides nothing itself.
import { indexOf, type EstateIndex } from "../../estate/estate-index.ts";
import type {
  Estate,
  Host,
  Interface,
  LoadBalancer,
  Network,
  RouteTable,
  Subnet,
} from "../../estate/model.ts";
import type { NetworkAcl } from "../../layers/nacl/model.ts";
import type { NetworkPolicy } from "../../layers/network-policy/model.ts";
import type { PacketFilter } from "../../layers/packet-filter/model.ts";
import type { SecurityGroup } from "../../layers/security-group/model.ts";
import { interfaceClasses, type InterfaceClass } from "./classes.ts";
import { Problem } from "../../problem.ts";
import { trace } from "../trace.ts";
import type { Trace, TraceQuestion } from "../trace/model.ts";
import type { Subject, SubjectKind } from "./model.ts";
import type { Settings } from "./settings.ts";

export class Context {
  readonly estate: Estate;
  readonly index: EstateIndex;
  readonly settings: Settings;
  /** The subject that alone counts; absent: all. */
  readonly focus: Subject | undefined;
  readonly #traces = new Map<string, Trace | undefined>();

  constructor(estate: Estate, settings: Settings, focus?: Subject) {
    this.estate = estate;
    this.index = indexOf(estate);
    this.settings = settings;
    this.focus = focus;
  }

  groups(): Iterable<SecurityGroup> {
    return this.#within("security-group", this.estate.securityGroups);
  }
  acls(): Iterable<NetworkAcl> {
    return this.#within("network-acl", this.estate.networkAcls);
  }
  filters(): Iterable<PacketFilter> {
    return this.#within("packet-filter", this.estate.packetFilters);
  }
  hosts(): Iterable<Host> {
    return this.#within("host", this.estate.hosts);
  }
  interfaces(): Iterable<Interface> {
    return this.#within("interface", this.estate.interfaces);
  }
  loadBalancers(): Iterable<LoadBalancer> {
    return this.#within("load-balancer", this.estate.loadBalancers);
  }
  subnets(): Iterable<Subnet> {
    return this.#within("subnet", this.estate.subnets);
  }
  networks(): Iterable<Network> {
    return this.#within("network", this.estate.networks);
  }
  routeTables(): Iterable<RouteTable> {
    return this.#within("route-table", this.estate.routeTables);
  }
  /** Policies are found by name: `namespace/name`, or the name of a cluster-wide one. */
  policies(): Iterable<NetworkPolicy> {
    const { focus } = this;
    return focus?.kind === "policy"
      ? this.estate.policies.filter((policy) => policyId(policy) === focus.id)
      : this.estate.policies;
  }

  /** Classes of interfaces that a focus can bear on: those in the group, behind the ACL, of the machine; else all. */
  classes(): readonly InterfaceClass[] {
    const every = interfaceClasses(this.estate);
    const { focus } = this;
    if (focus === undefined) return every;
    const { kind, id } = focus;
    const subnet = (place: Interface): Subnet | undefined => this.index.subnetOf(place);
    switch (kind) {
      case "security-group":
        return every.filter(({ first }) => first.securityGroups.includes(id));
      case "interface":
        return every.filter(({ members }) => members.some((place) => place.id === id));
      case "host":
        return every.filter(({ members }) => members.some((place) => this.index.hostOf(place)?.id === id));
      case "network-acl":
        return every.filter(({ first }) => subnet(first)?.networkAcl === id);
      case "packet-filter":
        return every.filter(({ first }) => subnet(first)?.packetFilters.includes(id) === true);
      case "subnet":
        return every.filter(({ first }) => first.subnet === id);
      case "load-balancer":
      case "network":
      case "route-table":
      case "policy":
      case "namespace":
      case "tier":
      case "settings":
        return every;
    }
  }

  #within<T>(kind: SubjectKind, places: ReadonlyMap<string, T>): Iterable<T> {
    if (this.focus?.kind !== kind) return places.values();
    const place = places.get(this.focus.id);
    return place === undefined ? [] : [place];
  }

  /** What happens to a packet, there and back; undefined where the question can't be asked (no address family in common). */
  ask(question: TraceQuestion): Trace | undefined {
    const key = JSON.stringify(question);
    if (this.#traces.has(key)) return this.#traces.get(key);
    const answer = this.#trace(question);
    this.#traces.set(key, answer);
    return answer;
  }

  #trace(question: TraceQuestion): Trace | undefined {
    try {
      return trace(this.estate, question);
    } catch (error) {
      if (error instanceof Problem && error.code === "unanswerable") return undefined;
      throw error;
    }
  }
}

/** A policy's kind, namespace and name: what tells it from every other. */
export function policyId(policy: NetworkPolicy): string {
  return `${policy.kind} ${policy.namespace === undefined ? "" : `${policy.namespace}/`}${policy.name}`;
}

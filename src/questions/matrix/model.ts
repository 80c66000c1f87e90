// The question of a service matrix and its answer: data only.
import type { Address, Family } from "../../packet/address.ts";
import type { AddressSet } from "../../packet/address-set.ts";
import type { ConnectionState } from "../../rules/match.ts";

/** What is asked for: one kind of packet, wherever it comes from and goes to. Absent ports: whatever they are. */
export interface Service {
  readonly family: Family;
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Absent: `new`, which for TCP is a SYN alone. */
  readonly state?: ConnectionState;
}

/** Which addresses may send through an interface of the firewall. */
export interface InterfaceAddresses {
  readonly device: string;
  readonly sources: AddressSet;
}

/**
 * Addresses by interface. A packet by one of these interfaces is taken to have one of its addresses; by any other interface
 * it may have any.
 */
export type Assignment = readonly InterfaceAddresses[];

/** Addresses that the firewall treats alike for the service, as senders and as receivers. */
export interface AddressClass {
  readonly addresses: AddressSet;
  /** The lowest of them. */
  readonly representative: Address;
}

/** From each address of one class to each of another: places in `classes`. What is certainly refused has no edge. */
export interface MatrixEdge {
  readonly from: number;
  readonly to: number;
  /** `depends`: on something unknown, or on the interfaces by which the packet comes and leaves. */
  readonly verdict: "allowed" | "depends";
}

export interface ServiceMatrix {
  readonly service: Service;
  /** A partition of all addresses of the family, by their lowest addresses. */
  readonly classes: readonly AddressClass[];
  readonly edges: readonly MatrixEdge[];
}

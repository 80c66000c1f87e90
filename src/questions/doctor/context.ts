// What every check of the doctor is given.
import type { HostSnapshot } from "../../layers/host/snapshot.ts";
import type { Address } from "../../packet/address.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { Trace } from "../trace/model.ts";
import type { DoctorQuestion } from "./model.ts";

export interface DoctorContext {
  readonly host: HostSnapshot;
  readonly question: DoctorQuestion;
  /** The host's address that the client connects to. */
  readonly server: Address;
  /** The packet's way through the host's firewall; absent where the firewall could not be read. */
  readonly trace?: Trace;
}

/** `tcp 8080` */
export function serviceName(question: DoctorQuestion): string {
  return `${protocolName(question.protocol)} ${question.port}`;
}

/** Whether the firewall sends the packet on to another machine or container (a published port). */
export function isForwarded(context: DoctorContext): boolean {
  return forwardedTo(context) !== undefined;
}

/** The packet as a nat rule of the host made it, where it is for another address then. */
export function forwardedTo(context: DoctorContext): Address | undefined {
  const { trace, host } = context;
  const destination = trace?.shown.forward.packet.destination;
  if (destination === undefined || !("value" in destination)) return undefined;
  const own = host.firewall?.addresses.some(
    ({ address }) => address.family === destination.family && address.value === destination.value,
  );
  const same = destination.family === context.server.family && destination.value === context.server.value;
  return same || own === true || isLoopback(destination) ? undefined : destination;
}

export function isLoopback(address: Address): boolean {
  return address.family === 4 ? address.value >>> 24 === 127 : address.value === 1n;
}

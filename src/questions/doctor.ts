// “It is allowed and still does not work”: goes through what can be wrong on one Linux host, in the order in which it
// usually is, and says of each thing what was looked at, what was found, and what to do.
import type { Host } from "../estate/model.ts";
import type { HostSnapshot } from "../layers/host/snapshot.ts";
import { formatAddress, type Address, type Family } from "../packet/address.ts";
import { ofFamily } from "../packet/address-set.ts";
import { SYN, type Packet } from "../packet/packet.ts";
import { ephemeralPorts, TCP } from "../packet/protocol.ts";
import { internetAddresses } from "../packet/special.ts";
import { Problem } from "../problem.ts";
import { checkConnectionTable } from "./doctor/connection-table.ts";
import { checkContainers } from "./doctor/containers.ts";
import { checkFirewall } from "./doctor/firewall.ts";
import { checkListener } from "./doctor/listener.ts";
import type { DoctorQuestion, Examination, Examined } from "./doctor/model.ts";
import { checkWays } from "./doctor/ways.ts";
import { traceHost } from "./trace/host.ts";
import type { Trace } from "./trace/model.ts";

export type { DoctorQuestion, Examination, Examined } from "./doctor/model.ts";

/**
 * @throws Problem `unanswerable` where the host has no address that the client could use
 * @example examine(await takeSnapshot(question), { protocol: TCP, port: 8080 }).lines
 */
export function examine(host: HostSnapshot, question: DoctorQuestion): Examination {
  const server = question.server ?? serverAddress(host, question);
  const trace = traceOf(host, question, server);
  const context = { host, question, server, ...(trace === undefined ? {} : { trace }) };
  const lines: Examined[] = [
    ...checkListener(context),
    ...checkFirewall(context),
    ...checkContainers(context),
    ...checkWays(context),
    ...checkConnectionTable(context),
    ...host.unread.map(({ what, why, remedy }): Examined => ({
      check: "not looked at",
      health: "unknown",
      lookedAt: what,
      found: why,
      remedy,
    })),
  ];
  return { host: host.name, question, server, lines, ...(trace === undefined ? {} : { trace }) };
}

/** The address that the host would speak to the client from, which is the one that clients of that network use. */
function serverAddress(host: HostSnapshot, question: DoctorQuestion): Address {
  const family: Family = question.client?.family ?? 4;
  const source = host.wayToClient?.source;
  if (source?.family === family) return source;
  const own = host.firewall?.addresses.find(
    ({ address, device }) => address.family === family && device !== "lo",
  );
  if (own !== undefined) return own.address;
  throw new Problem("unanswerable", `${host.name} has no IPv${family} address that a client could use`, {
    remedy: "name the address that clients connect to with --to",
  });
}

function traceOf(host: HostSnapshot, question: DoctorQuestion, server: Address): Trace | undefined {
  const { firewall } = host;
  if (firewall === undefined) return undefined;
  const owner: Host & { readonly firewall: typeof firewall } = {
    kind: "host",
    id: host.name,
    name: host.name,
    tags: {},
    interfaces: [],
    firewall,
    system: "linux",
    running: true,
    origin: firewall.origin,
  };
  const packet: Packet = {
    family: server.family,
    source: question.client ?? { ...ofFamily(internetAddresses, server.family), name: "internet" },
    destination: server,
    protocol: question.protocol,
    sourcePort: ephemeralPorts.any,
    destinationPort: question.port,
    ...(question.protocol === TCP ? { tcpFlags: SYN } : {}),
  };
  const device = arrivalDevice(host, server);
  return traceHost(
    owner,
    { packet, ...(device === undefined ? {} : { inInterface: device }) },
    firewall.unknowns,
  );
}

/** A client's packet comes in where the way to the client leads; without one, by the device that has the address. */
function arrivalDevice(host: HostSnapshot, server: Address): string | undefined {
  return (
    host.wayToClient?.device ??
    host.firewall?.addresses.find(({ address }) => formatAddress(address) === formatAddress(server))?.device
  );
}

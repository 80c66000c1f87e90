// Addresses and ways: is the address this host's own, is its device up, does the answer find its way back, and does the
// reverse path filter drop what came in by another device than the answer would leave by?
import { formatAddress } from "../../packet/address.ts";
import type { DoctorContext } from "./context.ts";
import type { Examined } from "./model.ts";

export function checkWays(context: DoctorContext): Examined[] {
  return [...ownAddress(context), ...wayBack(context), ...reversePath(context), ...policyRouting(context)];
}

function holder({ host, server }: DoctorContext): string | undefined {
  return host.firewall?.addresses.find(
    ({ address }) => address.family === server.family && address.value === server.value,
  )?.device;
}

function ownAddress(context: DoctorContext): Examined[] {
  const { host, server } = context;
  if ((host.firewall?.addresses.length ?? 0) === 0) return [];
  const text = formatAddress(server);
  const base = { check: "address", lookedAt: "ip addr, ip link" };
  const device = holder(context);
  if (device === undefined) {
    return [
      {
        ...base,
        health: "fault",
        found: `${text} is no address of this host`,
        remedy: `connect to one of its own: ${ownAddresses(context).join(", ")}`,
      },
    ];
  }
  const down = host.devices.some((item) => item.name === device && !item.up);
  return [
    down
      ? {
          ...base,
          health: "fault",
          found: `${device}, which has ${text}, is down or has no carrier`,
          remedy: `ip link set ${device} up, and look at the cable or the virtual switch`,
        }
      : { ...base, health: "fine", found: `${text} is on ${device}, which is up` },
  ];
}

function ownAddresses({ host, server }: DoctorContext): string[] {
  return (host.firewall?.addresses ?? [])
    .filter(({ address, device }) => address.family === server.family && device !== "lo")
    .map(({ address }) => formatAddress(address));
}

function wayBack({ host, question }: DoctorContext): Examined[] {
  const way = host.wayToClient;
  if (way === undefined) return [];
  const who = question.client === undefined ? "the internet" : formatAddress(question.client);
  const base = { check: "way back", lookedAt: "ip route get" };
  if (way.reachable) return [{ ...base, health: "fine", found: `answers to ${who} leave so: ${way.text}` }];
  return [
    {
      ...base,
      // Without a named client the host may well serve its own networks alone.
      health: question.client === undefined ? "warning" : "fault",
      found: `there is no way to ${who}: ${way.text}`,
      remedy: "add the route (ip route add … via …), or a default route",
    },
  ];
}

/** Strict filtering drops what comes in by another device than its answer would take (ip-sysctl, rp_filter). */
function reversePath(context: DoctorContext): Examined[] {
  const { host, server } = context;
  const way = host.wayToClient;
  const device = holder(context);
  if (server.family === 6 || way?.device === undefined || device === undefined || way.device === device)
    return [];
  const filter = Math.max(host.reversePathFilter.get("all") ?? 0, host.reversePathFilter.get(device) ?? 0);
  return [
    {
      check: "reverse path",
      health: filter === 1 ? "fault" : "warning",
      lookedAt: `net.ipv4.conf.all.rp_filter, net.ipv4.conf.${device}.rp_filter`,
      found:
        `${formatAddress(server)} is on ${device}, and answers to the client leave by ${way.device}` +
        (filter === 1
          ? ": with the strict reverse path filter, packets that come in by the one are dropped"
          : ": what stands on the other way may refuse answers whose question it never saw"),
      remedy:
        filter === 1
          ? `route the client's network by ${device}, or loosen the filter: sysctl -w net.ipv4.conf.${device}.rp_filter=2 (and all)`
          : `route the client's network by ${device} (ip rule, ip route … table …)`,
    },
  ];
}

function policyRouting({ host }: DoctorContext): Examined[] {
  if (host.policyRules.length === 0) return [];
  return [
    {
      check: "policy routing",
      health: "unknown",
      lookedAt: "ip rule",
      found: `${host.policyRules.length === 1 ? "a rule chooses" : `${host.policyRules.length} rules choose`} other routing tables: ${host.policyRules.slice(0, 3).join("; ")}`,
      remedy: "ip route get ADDRESS from ADDRESS iif DEVICE shows what they do to one packet",
    },
  ];
}

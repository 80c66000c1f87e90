// A replay through one host's firewall. Packets that the host receives are captured before its rules, packets that it
// sends after them: what its output rules drop never gets into a capture made there.
import { addressBits } from "../../packet/address.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import { passHost } from "../../layers/host/pass.ts";
import { ConnectionTable } from "../../rules/connections/table.ts";
import { decisive } from "./decisive.ts";
import { unjudged, type FirewalledHost, type Judge, type ReplayOptions } from "./model.ts";
import { hostWay } from "./way.ts";

export function judgeByHost(host: FirewalledHost, options: ReplayOptions): Judge {
  const firewall = withOwnAddresses(host.firewall, options);
  const connections = new ConnectionTable();
  return {
    judge: (sight) => {
      const { packet, now } = sight;
      const isReply = (): boolean => connections.find(packet, now)?.direction === "reply";
      const way = hostWay(firewall, sight, options, isReply);
      if (way.kind === "seen") return unjudged(way.why);
      const passage = passHost(firewall, {
        packet,
        origin:
          way.kind === "made"
            ? { kind: "made" }
            : { kind: "arrives", ...(way.device === undefined ? {} : { device: way.device }) },
        ...(way.outDevice === undefined ? {} : { outDevice: way.outDevice }),
        ...(way.kind === "arrives" && way.to !== undefined ? { to: way.to } : {}),
        connections,
        now,
        place: host.name,
      });
      return {
        verdict: passage.answer,
        ...decisive(passage.answer, passage.steps),
        ...(passage.rule === undefined ? {} : { rule: passage.rule }),
        state: passage.state,
        path: passage.path,
        causes: passage.causes,
      };
    },
    tables: (now) => [{ place: host.name, connections: connections.entries(now) }],
  };
}

/** Addresses that the options add stand on the interface that they name, or on one without a name. */
function withOwnAddresses(firewall: HostFirewall, options: ReplayOptions): HostFirewall {
  if (options.local === undefined || options.local.length === 0) return firewall;
  const added = options.local.map((address) => ({
    device: options.in ?? options.out ?? "",
    address,
    length: addressBits(address.family),
    origin: firewall.origin,
  }));
  return { ...firewall, addresses: [...firewall.addresses, ...added] };
}

// Is the connection table full? A full one drops every new connection, whatever the rules say.
import type { DoctorContext } from "./context.ts";
import type { Examined } from "./model.ts";

/** From here on it is only a matter of the next burst. */
const nearlyFull = 0.8;
const full = 0.98;

export function checkConnectionTable({ host }: DoctorContext): Examined[] {
  const { conntrack } = host;
  if (conntrack === undefined) return [];
  const { count, max, dropped } = conntrack;
  const share = max === 0 ? 0 : count / max;
  const drops = dropped === 0 ? "" : `; it has dropped ${dropped} packets since boot`;
  const base = {
    check: "connection table",
    lookedAt: "nf_conntrack_count, nf_conntrack_max, /proc/net/stat/nf_conntrack",
    found: `${count} of ${max} connections (${Math.round(share * 100)} %)${drops}`,
  };
  if (share < nearlyFull && dropped === 0) return [{ ...base, health: "fine" }];
  return [
    {
      ...base,
      health: share >= full ? "fault" : "warning",
      remedy:
        "raise net.netfilter.nf_conntrack_max (and the hash size), shorten its timeouts, or exempt bulk traffic (notrack)",
    },
  ];
}

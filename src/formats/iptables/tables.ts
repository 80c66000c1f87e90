// The tables that iptables has, and where their base chains stand in netfilter: hook and priority, as the kernel's
// nf_ip_hook_priorities has them (include/uapi/linux/netfilter_ipv4.h). Other chains are reached by jumps only.
import type { BaseChain, Hook } from "../../layers/host/model.ts";

const chainOfHook: Readonly<Record<Hook, string>> = {
  prerouting: "PREROUTING",
  input: "INPUT",
  forward: "FORWARD",
  output: "OUTPUT",
  postrouting: "POSTROUTING",
};

type Place = readonly [hook: Hook, priority: number, type?: BaseChain["type"]];

function bases(type: BaseChain["type"], ...places: readonly Place[]): readonly BaseChain[] {
  return places.map(([hook, priority, own]) => ({
    chain: chainOfHook[hook],
    hook,
    priority,
    type: own ?? type,
  }));
}

/** Table name → its base chains. Mangle's OUTPUT routes again where a rule changed mark, address or TOS. */
export const tableBases: ReadonlyMap<string, readonly BaseChain[]> = new Map([
  ["raw", bases("filter", ["prerouting", -300], ["output", -300])],
  [
    "mangle",
    bases(
      "filter",
      ["prerouting", -150],
      ["input", -150],
      ["forward", -150],
      ["output", -150, "route"],
      ["postrouting", -150],
    ),
  ],
  ["nat", bases("nat", ["prerouting", -100], ["input", 100], ["output", -100], ["postrouting", 100])],
  ["filter", bases("filter", ["input", 0], ["forward", 0], ["output", 0])],
  ["security", bases("filter", ["input", 50], ["forward", 50], ["output", 50])],
]);

export function baseOf(table: string, chain: string): BaseChain | undefined {
  return tableBases.get(table)?.find((base) => base.chain === chain);
}

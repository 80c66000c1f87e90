// Our answer to the same question: the rule set's text through our readers, every probe through the host's layer, in the
// order in which the kernel got them. Of the kernel's answer only one thing is known here: a port that it drew by lot.
import { readHostFirewall } from "../src/formats/iptables/host.ts";
import { parseIpAddr } from "../src/formats/iptables/ip-address.ts";
import { parseIpRoute } from "../src/formats/iptables/ip-route.ts";
import { readNftablesHost } from "../src/formats/nftables/reader.ts";
import type { HostFirewall } from "../src/layers/host/model.ts";
import { passHost } from "../src/layers/host/pass.ts";
import type { HostPassage } from "../src/layers/host/passage.ts";
import { ConnectionTable } from "../src/rules/connections/table.ts";
import { asReceived, type Fate, type Probe } from "./probe.ts";
import type { Language } from "./rule-set.ts";
import type { Link } from "./topology.ts";

/** Everything that the gateway's own programs print of it. */
export interface Exported {
  readonly language: Language;
  /** `nft -j list ruleset`, or what iptables-save or ip6tables-save printed. */
  readonly rules: string;
  /** `ipset save`; empty where there are none. */
  readonly ipsets: string;
  /** `ip address`, `ip route` and `ip -6 route`. */
  readonly addresses: string;
  readonly routes4: string;
  readonly routes6: string;
}

/** @throws Problem where our reader refuses what the kernel took */
export function read(exported: Exported): HostFirewall {
  if (exported.language === "nft") {
    const firewall = readNftablesHost("gateway", [{ path: "ruleset.json", text: exported.rules }]);
    return moved(firewall, exported);
  }
  const rules = { path: "rules.save", text: exported.rules };
  const ipsets = exported.ipsets === "" ? [] : [{ path: "ipset.save", text: exported.ipsets }];
  return readHostFirewall("gateway", [
    rules,
    ...ipsets,
    { path: "ip-address", text: exported.addresses },
    { path: "ip-route", text: exported.routes4 },
    { path: "ip-6-route", text: exported.routes6 },
  ]);
}

/** The same rules on a host whose addresses and routes have become others. */
export function moved(
  firewall: HostFirewall,
  host: Pick<Exported, "addresses" | "routes4" | "routes6">,
): HostFirewall {
  return {
    ...firewall,
    addresses: parseIpAddr({ path: "ip-address", text: host.addresses }).addresses,
    routes: [
      ...parseIpRoute({ path: "ip-route", text: host.routes4 }, 4).routes,
      ...parseIpRoute({ path: "ip-6-route", text: host.routes6 }, 6).routes,
    ],
  };
}

/** Our answer for one probe: a passage for the packet, or one for each fragment that the rules see for itself. */
export type Answer = readonly HostPassage[];

/** Answers probe by probe, in the order in which they were sent; one of these lives as long as the rule set. */
export class Witness {
  readonly #firewall: HostFirewall;
  readonly #tracks: boolean;
  readonly #devices: readonly string[];
  readonly #connections = new ConnectionTable({ drawPort: () => this.#lot });
  /** The port that the kernel drew for the packet at hand; asked only where a translated port is drawn by lot. */
  #lot: number | undefined;

  /** @param tracks whether a rule switches tracking on: only then are fragments put together before the rules */
  constructor(firewall: HostFirewall, tracks: boolean, links: readonly Link[]) {
    this.#firewall = firewall;
    this.#tracks = tracks;
    this.#devices = links.map(({ device }) => device);
  }

  answer(probe: Probe, fate: Fate): Answer {
    const came = fate[0]?.packet;
    const drawn = came?.sourcePort ?? came?.icmpId;
    this.#lot = typeof drawn === "number" ? drawn : undefined;
    const device = this.#devices[probe.link];
    const packets = asReceived(this.#tracks ? whole(probe) : probe);
    return packets.map((packet) =>
      passHost(this.#firewall, {
        packet,
        origin: { kind: "arrives", ...(device === undefined ? {} : { device }) },
        connections: this.#connections,
        now: 0,
        place: "gateway",
      }),
    );
  }
}

function whole(probe: Probe): Probe {
  const { pieceBytes: _, ...rest } = probe;
  return rest;
}

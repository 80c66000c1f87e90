// How a packet passes a Linux host. (Being written: the signature is settled.)
import type { HostFirewall } from "./model.ts";
import type { HostPassage, Passing } from "./passage.ts";

export function passHost(firewall: HostFirewall, passing: Passing): HostPassage {
  throw new Error(`not yet: ${firewall.name} ${passing.place}`);
}

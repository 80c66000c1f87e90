// Whether this machine can judge: Linux, root, and the programs that load rule sets.
import { isInstalled } from "./namespaces.ts";

const programs = [
  "ip",
  "nft",
  "iptables-restore",
  "ip6tables-restore",
  "iptables-legacy-restore",
  "ip6tables-legacy-restore",
  "ipset",
  "conntrack",
] as const;

/** What is missing, in one sentence; undefined where nothing is. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux")
    return `the judge is Linux's own packet filter, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "network namespaces need root: run it as root, for example with sudo";
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0
    ? undefined
    : `not installed: ${missing.join(", ")} (Debian: nftables iptables iproute2 ipset conntrack)`;
}

// Chains that other programs keep on the host: Docker, Kubernetes, libvirt, ufw, firewalld. They matter twice: they
// decide packets that the owner's INPUT rules never see, and they are rewritten at will, rules of others included.
import { formatAddress } from "../../packet/address.ts";
import { forwardedTo, type DoctorContext } from "./context.ts";
import type { Examined } from "./model.ts";

interface Keeper {
  readonly name: string;
  readonly chain: RegExp;
  readonly note: string;
}

const keepers: readonly Keeper[] = [
  {
    name: "Docker",
    chain: /^DOCKER/,
    note: "published ports are forwarded, so INPUT rules do not bear on them; rules of your own belong in DOCKER-USER",
  },
  {
    name: "Kubernetes (kube-proxy)",
    chain: /^KUBE-/,
    note: "service and node ports are rewritten before INPUT; kube-proxy writes its chains anew again and again",
  },
  {
    name: "a Kubernetes network plugin",
    chain: /^(?:cali-|CILIUM_|FLANNEL|WEAVE)/i,
    note: "policies of the cluster decide there: ringwall trace on the cluster's manifests names them",
  },
  {
    name: "libvirt",
    chain: /^LIBVIRT_/,
    note: "it forwards for virtual machines, and refuses what is not theirs",
  },
  {
    name: "ufw",
    chain: /^ufw6?-/,
    note: "change its rules with ufw: what is loaded by hand is lost at its next reload",
  },
  {
    name: "firewalld",
    chain: /^(?:IN_public|FWDI_|filter_IN_|nat_PRE_)/,
    note: "change its rules with firewall-cmd --permanent: what is loaded by hand is lost at its next reload",
  },
];

export function checkContainers(context: DoctorContext): Examined[] {
  const names = new Set(
    (context.host.firewall?.tables ?? []).flatMap((table) =>
      [...table.chains.keys()].flatMap((chain) => [chain, `${table.name}_${chain}`]),
    ),
  );
  const found = keepers.filter((keeper) => [...names].some((name) => keeper.chain.test(name)));
  return [
    ...found.map((keeper): Examined => ({
      check: "chains of other programs",
      health: "fine",
      lookedAt: "the names of the loaded chains",
      found: `${keeper.name} keeps chains here: ${keeper.note}`,
    })),
    ...forwarding(context),
  ];
}

function forwarding(context: DoctorContext): Examined[] {
  const onward = forwardedTo(context);
  const forwards = context.host.forwarding;
  if (onward === undefined || forwards === undefined) return [];
  const on = onward.family === 4 ? forwards.v4 : forwards.v6;
  const name = onward.family === 4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  return [
    on
      ? {
          check: "forwarding",
          health: "fine",
          lookedAt: name,
          found: `it is on; the packet goes on to ${formatAddress(onward)}: whether something listens there is that machine's affair`,
        }
      : {
          check: "forwarding",
          health: "fault",
          lookedAt: name,
          found: `a nat rule sends the packet on to ${formatAddress(onward)}, and this host does not forward`,
          remedy: `sysctl -w ${name}=1`,
        },
  ];
}

// What the tests of this folder ask of a small cluster written in the test itself.
import { decideNetworkPolicy } from "../../../layers/network-policy/decide.ts";
import { allowedConnections, type Party } from "../../../layers/network-policy/connlist.ts";
import { outsideCluster } from "../../../layers/network-policy/model.ts";
import { addressSet, singleAddress, unionOfAddresses } from "../../../packet/address-set.ts";
import { pairsOf, type NumberSet } from "../../../packet/intervals.ts";
import type { Packet } from "../../../packet/packet.ts";
import { protocolName, TCP } from "../../../packet/protocol.ts";
import type { EstatePart } from "../../../estate/model.ts";
import type { Step } from "../../../rules/step.ts";
import { readKubernetes } from "../reader.ts";

/** A pod `namespace/name` with labels and container ports, as a manifest. */
export function pod(path: string, labels = "", ports = ""): string {
  const [namespace = "", name = ""] = path.split("/");
  return `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }
spec: { containers: [{ name: main, image: none, ports: [${ports}] }] }
`;
}

export function policy(path: string, spec: string): string {
  const [namespace = "", name = ""] = path.split("/");
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec:
${indented(spec)}`;
}

export function adminPolicy(name: string, spec: string): string {
  return `apiVersion: policy.networking.k8s.io/v1alpha1
kind: ${name === "default" ? "BaselineAdminNetworkPolicy" : "AdminNetworkPolicy"}
metadata: { name: ${name} }
spec:
${indented(spec)}`;
}

function indented(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

export function read(...documents: readonly string[]): EstatePart {
  return readKubernetes([{ path: "cluster.yaml", text: documents.join("\n---\n") }]).part;
}

/** The connections from one end to the other: `TCP 80,8080 UDP 53`, `everything`, `nothing`. A prefix stands for the outside. */
export function connections(part: EstatePart, from: string, to: string): string {
  const answers = allowedConnections(part.policies ?? [], party(part, from), party(part, to));
  const text = (pick: (answer: (typeof answers)[number]) => NumberSet): string => {
    const some = answers.filter((answer) => pick(answer).length > 0);
    if (some.length === 3 && some.every((answer) => portText(pick(answer)) === "1-65535"))
      return "everything";
    return some
      .map((answer) => `${protocolName(answer.protocol).toUpperCase()} ${portText(pick(answer))}`)
      .join(" ");
  };
  const allowed = text((answer) => answer.allowed);
  const depends = text((answer) => answer.depends);
  return [allowed, depends === "" ? "" : `perhaps ${depends}`].filter(Boolean).join(", ") || "nothing";
}

function portText(set: NumberSet): string {
  return pairsOf(set)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(",");
}

function party(part: EstatePart, end: string): Party {
  if (/^[\d.:]+\//.test(end)) return { addresses: addressSet(end) };
  const place = part.interfaces?.get(end.includes(":") ? end : `${end}:eth0`);
  if (place === undefined) throw new Error(`no interface for ${end}`);
  return {
    endpoint: place.id,
    addresses: unionOfAddresses(place.addresses.map((item) => singleAddress(item.address))),
  };
}

/** One packet to a pod's ingress, or out of a pod's egress; `overrides` for protocol, port and identities. */
export function step(
  part: EstatePart,
  end: string,
  direction: "ingress" | "egress",
  overrides: Partial<Packet>,
): Step {
  const packet: Packet = {
    family: 4,
    source: { family: 4, value: 0xcb00_7107 },
    destination: { family: 4, value: 0xc000_020a },
    protocol: TCP,
    sourcePort: 50_000,
    destinationPort: 80,
    ...(direction === "ingress"
      ? { from: outsideCluster, to: `${end}:eth0` }
      : { from: `${end}:eth0`, to: outsideCluster }),
    ...overrides,
  };
  return decideNetworkPolicy(part.policies ?? [], `${end}:eth0`, direction, packet, end);
}

// For tests: the connection lists that another analyser (netpol-analyzer) expects of clusters, and the same lists made from
// answers of ours. Its conventions: workloads as namespace/name[Kind], a line for each range of addresses outside, IPv4
// alone, no line for a workload and itself, and pods in their node's network treated like any other (Kubernetes leaves
// that to the network plugin). Ranges that touch and have the same connections are joined before lists are compared.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import {
  distinguishedRanges,
  rangeText,
  type AllowedPorts,
  type Party,
} from "../../../layers/network-policy/connlist.ts";
import type { NetworkPolicy } from "../../../layers/network-policy/model.ts";
import { parseAddress } from "../../../packet/address.ts";
import {
  addressRange,
  formatAddressSet,
  ofFamily,
  singleAddress,
  unionOfAddresses,
  type AddressSet,
} from "../../../packet/address-set.ts";
import { intersection, pairsOf } from "../../../packet/intervals.ts";
import { protocolName, TCP } from "../../../packet/protocol.ts";
import type { EstatePart } from "../../../estate/model.ts";
import type { Cluster, Endpoint } from "../cluster.ts";
import { readKubernetes } from "../reader.ts";

export const root = new URL("../../../../../shared/cases/kubernetes/netpol-analyzer/", import.meta.url);
export const present = existsSync(root);

/** Folders whose list differs, with the reason. */
export const exceptions: Readonly<Record<string, string>> = {
  udn_with_ingress_controller_two_pods:
    "the service selects both pods, so the ingress reaches ports 8000 and 8090 of both; the expected list leaves one out" +
    " since its containers do not list them, but a container's ports are informational (Kubernetes API, Container.ports)",
};

export type Report = Map<string, Set<string>>;

/** `Pod network`, `primary UDN green`: a section of the list, with its lines; and the networks of each workload. */
export function expectedReport(text: string): Report {
  const report: Report = new Map();
  let section = "Pod network";
  for (const line of text.split("\n")) {
    const header = /^Permitted connectivity analyzed in (.*):$/.exec(line);
    if (header?.[1] !== undefined) section = header[1];
    if (line === "Workload-to-Networks Mapping:") break;
    if (!line.includes(" => ")) continue;
    report.set(section, (report.get(section) ?? new Set()).add(line));
  }
  return report;
}

/** What is allowed from one party to another, of a cluster that was read. */
export type Ask = (part: EstatePart) => (from: Party, to: Party) => readonly AllowedPorts[];

export function ourReport(folder: URL, ask: Ask): Report {
  const files = readdirSync(folder)
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/^(?:expected|connlist_output)/.test(name))
    .map((name) => ({ path: name, text: readFileSync(new URL(name, folder), "utf8") }));
  const { part, cluster } = readKubernetes(files, { hostNetworkPods: "pod" });
  const policies = part.policies ?? [];
  const allowed = ask(part);
  const addressesOf = (endpoint: Endpoint): Party["addresses"] =>
    ofFamily(
      unionOfAddresses(
        (part.interfaces?.get(endpoint.id)?.addresses ?? []).map((item) => singleAddress(item.address)),
      ),
      4,
    );
  const party = (endpoint: Endpoint): Party => ({ endpoint: endpoint.id, addresses: addressesOf(endpoint) });
  const report: Report = new Map();
  const add = (endpoint: Endpoint, line: string): void => {
    const section = sectionOf(endpoint);
    report.set(section, (report.get(section) ?? new Set()).add(line));
  };
  const outside = outsideParties(policies);
  for (const endpoint of cluster.endpoints) {
    if (endpoint.primary) {
      for (const range of outside.ingress) {
        const text = connectionText(allowed(range, party(endpoint)));
        if (text !== "")
          add(endpoint, `${rangeText(range.addresses)}[External] => ${nameOf(endpoint)} : ${text}`);
      }
      for (const range of outside.egress) {
        const text = connectionText(allowed(party(endpoint), range));
        if (text !== "")
          add(endpoint, `${nameOf(endpoint)} => ${rangeText(range.addresses)}[External] : ${text}`);
      }
    }
    for (const other of cluster.endpoints) {
      if (other.network.id !== endpoint.network.id || nameOf(other) === nameOf(endpoint)) continue;
      const text = connectionText(allowed(party(endpoint), party(other)));
      if (text !== "") add(endpoint, `${nameOf(endpoint)} => ${nameOf(other)} : ${text}`);
    }
  }
  for (const [endpoint, line] of controllerLines(cluster, allowed, part, party)) add(endpoint, line);
  return report;
}

/** Every line with its section, and ranges of one peer and connection as one set. */
export function joined(report: Report): string[] {
  const plain: string[] = [];
  const ranges = new Map<string, AddressSet[]>();
  for (const [section, lines] of report) {
    for (const line of lines) {
      const range = /(\d+\.\d+\.\d+\.\d+)-(\d+\.\d+\.\d+\.\d+)\[External\]/.exec(line);
      const [first, last] = [parseAddress(range?.[1] ?? ""), parseAddress(range?.[2] ?? "")];
      if (first === undefined || last === undefined) plain.push(`${section}: ${line}`);
      else {
        const key = `${section}: ${line.replace(range?.[0] ?? "", "[External]")}`;
        ranges.set(key, [...(ranges.get(key) ?? []), addressRange(first, last)]);
      }
    }
  }
  const sets = [...ranges].map(([key, list]) => `${key} ${formatAddressSet(unionOfAddresses(list), 10_000)}`);
  return [...plain, ...sets].sort();
}

function outsideParties(policies: readonly NetworkPolicy[]): { ingress: Party[]; egress: Party[] } {
  const parties = (direction: "ingress" | "egress"): Party[] =>
    distinguishedRanges(
      policies.filter((policy) => policy.kind !== "MultiNetworkPolicy"),
      direction,
    ).map((addresses) => ({ addresses }));
  return { ingress: parties("ingress"), egress: parties("egress") };
}

function* controllerLines(
  cluster: Cluster,
  allowed: ReturnType<Ask>,
  part: ReturnType<typeof readKubernetes>["part"],
  party: (endpoint: Endpoint) => Party,
): Generator<[Endpoint, string]> {
  const { controller } = cluster;
  if (controller === undefined) return;
  const reached = new Map<string, Set<number>>();
  for (const balancer of part.loadBalancers?.values() ?? []) {
    if (!balancer.interfaces.includes(controller.id)) continue;
    for (const target of balancer.listeners.flatMap((listener) => listener.targets)) {
      if (target.interface === undefined || target.port === undefined) continue;
      reached.set(target.interface, (reached.get(target.interface) ?? new Set()).add(target.port));
    }
  }
  for (const [id, ports] of reached) {
    const endpoint = cluster.endpoints.find((each) => each.id === id);
    if (endpoint === undefined) continue;
    const wanted = [...ports].sort((a, b) => a - b).flatMap((port) => [port, port]);
    const tcp = allowed(party(controller), party(endpoint)).find((each) => each.protocol === TCP);
    const pairs = pairsOf(intersection(tcp?.allowed ?? [], wanted));
    if (pairs.length > 0)
      yield [endpoint, `{ingress-controller} => ${nameOf(endpoint)} : TCP ${portText(pairs)}`];
  }
}

function sectionOf(endpoint: Endpoint): string {
  const { network } = endpoint;
  switch (network.kind) {
    case "pod":
      return "Pod network";
    case "UserDefinedNetwork":
      return `primary UDN ${endpoint.workload.namespace}`;
    case "ClusterUserDefinedNetwork":
      return `primary CUDN ${network.name}`;
    case "attachment":
      return `secondary NAD ${network.name}`;
  }
}

function nameOf({ workload, network }: Endpoint): string {
  const mark = network.kind === "UserDefinedNetwork" ? "[udn]" : "";
  return `${workload.namespace}${mark}/${workload.name}[${workload.kind}]`;
}

function connectionText(protocols: readonly AllowedPorts[]): string {
  const some = protocols.filter((each) => each.allowed.length > 0);
  if (some.length === 3 && some.every((each) => portText(pairsOf(each.allowed)) === "1-65535")) {
    return "All Connections";
  }
  return some
    .map((each) => `${protocolName(each.protocol).toUpperCase()} ${portText(pairsOf(each.allowed))}`)
    .join(",");
}

function portText(pairs: readonly (readonly [number, number])[]): string {
  return pairs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

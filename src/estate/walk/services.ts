// Addresses that the network itself answers on every subnet, and that no security group or network ACL blocks: the
// instance metadata service and the VPC's DNS resolver. (EC2 user guide, "instance metadata"; VPC user guide, "DNS";
// "Network ACL basics": ACLs can't block them.)
import { prefixEnds } from "../../packet/address.ts";
import { hasAddress, addressSet, isAddress } from "../../packet/address-set.ts";
import type { Interface } from "../model.ts";
import { nowhere, pass, type Next, type Passage } from "./passage.ts";

const metadata = addressSet("169.254.169.254/32", "fd00:ec2::254/128");
const resolver = addressSet("169.254.169.253/32", "fd00:ec2::253/128");

export function serviceAddress(passage: Passage, place: Interface): Next | undefined {
  const { index } = passage.walk;
  const { destination } = passage.packet;
  const subnet = index.subnetOf(place);
  const network = subnet === undefined ? undefined : index.networkOf(subnet);
  if (network?.kind !== "vpc" || !isAddress(destination)) return undefined;
  const plusTwo = network.prefixes.some(
    (prefix) =>
      prefix.family === 4 &&
      destination.family === 4 &&
      Number(prefixEnds(prefix).first.value) + 2 === destination.value,
  );
  const what = hasAddress(metadata, destination)
    ? "the instance metadata service"
    : plusTwo || hasAddress(resolver, destination)
      ? "the VPC's DNS resolver"
      : undefined;
  if (what === undefined) return undefined;
  pass(passage, {
    layer: "endpoint",
    place: network.name,
    ring: what,
    why: `${what} answers here; no security group or network ACL stands before it`,
  });
  // Its answers come back by the same private way, past no ring.
  return nowhere;
}

// The reader of CloudFormation templates, JSON and YAML: evaluates them, translates their networking resources into the
// words of AWS's own exports, and has the AWS reader make an estate of those. Which packets pass is not decided here.
import type { EstatePart } from "../../estate/model.ts";
import { readInventory } from "../aws/estate.ts";
import { MadeUpAddresses } from "../aws/planned/made-up.ts";
import type { Reader, SourceFile } from "../reader.ts";
import { isTakenForGranted, unreadOf } from "./kinds.ts";
import { isParametersFile } from "./parameters.ts";
import { Plan } from "./plan.ts";
import { writeAcls } from "./resources/acls.ts";
import { planDatabases } from "./resources/databases.ts";
import { planEndpoints } from "./resources/endpoints.ts";
import { planNatGateways, writeGateways } from "./resources/gateways.ts";
import { writeGroups } from "./resources/groups.ts";
import { planInstances } from "./resources/instances.ts";
import { PlannedInterfaces } from "./resources/interfaces.ts";
import { planLoadBalancers } from "./resources/load-balancers.ts";
import { planNetworks, planSubnets, writeNetworks } from "./resources/networks.ts";
import { writeRouteTables } from "./resources/routes.ts";
import { writeTransit } from "./resources/transit.ts";
import type { Resource } from "./scope.ts";
import type { Template } from "./template.ts";
import { readStacks } from "./world.ts";

/**
 * Reads templates, with the parameters files beside them, as one account.
 *
 * @example cloudformationReader.read([{ path: "shop.yaml", text }])
 */
export const cloudformationReader: Reader = {
  format: "cloudformation",
  recognises,
  read: readTemplates,
};

/** By the format's version, by resources with a type, or as the parameters of templates beside it. */
function recognises(file: SourceFile): boolean {
  const head = file.text.slice(0, 1 << 18);
  if (isParametersFile(file)) return /"(?:ParameterKey|Parameters)"/.test(head);
  if (/^\uFEFF?\s*\{/.test(head)) {
    return (
      /"AWSTemplateFormatVersion"\s*:/.test(head) ||
      (/"Resources"\s*:\s*\{/.test(head) && jsonType.test(head))
    );
  }
  return (
    /^["']?AWSTemplateFormatVersion["']?\s*:/m.test(head) ||
    (/^Resources\s*:/m.test(head) && yamlType.test(head))
  );
}

const jsonType = /"Type"\s*:\s*"(?:AWS|Custom)::/;
const yamlType = /^\s+["']?Type["']?\s*:\s*["']?(?:AWS|Custom)::/m;

function readTemplates(files: readonly SourceFile[]): EstatePart {
  const addresses = new MadeUpAddresses();
  const blocks = new Map<string, string>();
  const ipv6Block = (id: string): string => {
    const block = blocks.get(id) ?? addresses.ipv6Block();
    blocks.set(id, block);
    return block;
  };
  const { resources, templates, unknowns } = readStacks(files, ipv6Block);
  const plan = new Plan(resources, addresses);
  for (const { origin, what, effect } of unknowns) plan.unknown(origin, what, effect);
  for (const template of templates) noteTransforms(plan, template);
  for (const resource of resources) noteUnread(plan, resource);
  write(plan);
  return readInventory(
    plan.draft.inventory,
    files.map((file) => file.path),
  );
}

/** In an order in which each finds what it names: places first, then what stands in them, what leads out of them last. */
function write(plan: Plan): void {
  plan.draft.complete([
    "InternetGateways",
    "EgressOnlyInternetGateways",
    "VpnGateways",
    "TransitGatewayAttachments",
    "TransitGatewayRouteTables",
    "Associations",
  ]);
  planNetworks(plan);
  planSubnets(plan);
  const interfaces = new PlannedInterfaces(plan);
  planInstances(plan, interfaces);
  planNatGateways(plan, interfaces);
  planEndpoints(plan, interfaces);
  planLoadBalancers(plan, interfaces);
  planDatabases(plan, interfaces);
  interfaces.write();
  writeGroups(plan);
  writeAcls(plan);
  writeRouteTables(plan);
  writeGateways(plan);
  writeTransit(plan);
  writeNetworks(plan);
}

function noteTransforms(plan: Plan, template: Template): void {
  for (const { name, origin } of template.transforms) {
    plan.unknown(
      origin,
      `the transform ${name}`,
      "what it makes of the template is not known: read as it is written",
    );
  }
}

function noteUnread(plan: Plan, resource: Resource): void {
  const why = unreadOf(resource);
  if (why !== undefined) plan.unknown(resource.origin, `${resource.type} ${resource.id}`, why);
  if (resource.uncertain !== undefined && isTakenForGranted(resource)) {
    plan.unknown(resource.origin, resource.uncertain, "taken to be there: answers hold where it is");
  }
  if (resource.type !== "AWS::CloudFormation::Stack") return;
  const nested = resource.stack.world.nested(resource);
  if (typeof nested === "string") plan.unknown(resource.origin, nested, "what it holds is missing");
}

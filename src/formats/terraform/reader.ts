// The reader of `terraform show -json`: what an AWS configuration will be after apply (a plan), or is (a state). It says
// everything in the words of AWS's exports, which the AWS room reads; which packets pass is not decided here.
import type { EstatePart } from "../../estate/model.ts";
import { mergeEstate } from "../../estate/merge.ts";
import type { Origin } from "../../problem.ts";
import { readInventory } from "../aws/estate.ts";
import { optionalText } from "../aws/item.ts";
import { openAddresses } from "../aws/planned/open-addresses.ts";
import type { Beside, Reader, SourceFile } from "../reader.ts";
import { translateDatabases } from "./databases.ts";
import { readDocument, type Resource, type TerraformDocument } from "./document.ts";
import { translateEndpoints, translateNatGateways, translatePeerings, writeNatGateways } from "./gateways.ts";
import { translateElasticAddresses, translateInstances } from "./instances.ts";
import { Interfaces } from "./interfaces.ts";
import { bearingOf } from "./kinds.ts";
import { translateClassic, translateLoadBalancers, translateTargetGroups } from "./load-balancers.ts";
import { translateNetworkAcls } from "./network-acls.ts";
import { translateNetworks } from "./networks.ts";
import { Plan } from "./plan.ts";
import { translatePrefixLists } from "./prefix-lists.ts";
import { translateRouteTables } from "./route-tables.ts";
import { translateSecurityGroups } from "./security-groups.ts";
import { Sources } from "./sources.ts";
import { translateTransitGateways } from "./transit.ts";
import { providerConstant } from "./written.ts";
import type { Fields } from "./fields.ts";

/**
 * Reads plans and states into a part of an estate; ids are the resources' addresses.
 *
 * @example terraformReader.read([{ path: "plan.json", text }])
 */
export const terraformReader: Reader = {
  format: "terraform",
  recognises: (file) => looksLikeTerraform(file.text),
  read: (files, beside) => {
    const [first, ...others] = files.map((file) => readOne(file, beside));
    return first === undefined || others.length === 0 ? (first ?? {}) : joined([first, ...others]);
  },
};

/** By the keys that Terraform puts first; a raw state is taken too, to be told what to do instead. */
function looksLikeTerraform(text: string): boolean {
  const head = text.slice(0, 4096);
  return /^[\s\uFEFF]*\{/.test(head) && /"(?:terraform_version|format_version)"\s*:/.test(head);
}

function readOne(file: SourceFile, beside: Beside | undefined): EstatePart {
  const document = readDocument(file);
  const sources = beside === undefined ? undefined : new Sources(file.path, beside);
  const originOf = (resource: Resource): Origin =>
    sources?.placeOf(resource) ?? resource.item.document.originOf(resource.item.value, resource.address);
  const plan = new Plan(document.resources, originOf, (module, name) => sources?.local(module, name));
  noteUnread(plan, document, originOf);
  translate(plan, document);
  const part = readInventory(plan.draft.inventory, [file.path]);
  return { ...part, unknowns: [...(part.unknowns ?? []), ...openAddresses(part)] };
}

function translate(plan: Plan, document: TerraformDocument): void {
  const interfaces = new Interfaces();
  const networks = translateNetworks(plan, (fields) => regionOf(document, fields));
  translatePrefixLists(plan);
  translateSecurityGroups(plan, document.removed);
  translateNetworkAcls(plan, document.removed);
  translateRouteTables(plan, networks, document.removed);
  translateInstances(plan, networks, interfaces);
  const allocated = translateElasticAddresses(plan, interfaces);
  const natGateways = translateNatGateways(plan, interfaces, allocated);
  translateEndpoints(plan, interfaces);
  translatePeerings(plan);
  translateTransitGateways(plan);
  translateLoadBalancers(plan, networks, interfaces, allocated);
  translateClassic(plan, interfaces);
  translateDatabases(plan, networks, interfaces);
  interfaces.write(plan, networks);
  writeNatGateways(plan, natGateways, interfaces);
  translateTargetGroups(plan, interfaces);
}

/** The region of a resource's provider, where that is written as a constant. */
function regionOf(document: TerraformDocument, fields: Fields): string | undefined {
  const { resource } = fields;
  const configured = resource.module.call?.resources.get(`${resource.type}.${resource.name}`);
  const configuration = document.whole.value["configuration"];
  const providers =
    typeof configuration === "object" && configuration !== null && !Array.isArray(configuration)
      ? configuration["provider_config"]
      : undefined;
  return providerConstant(providers, configured?.provider ?? "aws", "region");
}

/** What bears on packets and is not read, by its address; and what makes the plan less than whole. */
function noteUnread(plan: Plan, document: TerraformDocument, originOf: (resource: Resource) => Origin): void {
  for (const why of document.unfinished) {
    plan.unknown(
      document.whole.document.originOf(document.whole.value),
      why,
      "what it does not show is missing here",
    );
  }
  for (const resource of document.resources) {
    if (bearingOf(resource.type) !== "reported") continue;
    // A data source that found nothing to read says nothing.
    if (resource.data && optionalText(resource.values, "id") === undefined) continue;
    plan.unknown(
      originOf(resource),
      `${resource.address}: ${resource.type} is not read`,
      "what it does to packets, and what interfaces it has, is missing here",
    );
  }
}

/** Several documents are several configurations; one address in two of them is an error. */
function joined(parts: readonly EstatePart[]): EstatePart {
  const { name: _none, ...part } = mergeEstate("", parts);
  return part;
}

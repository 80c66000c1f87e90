// A document in force: its resources by type and address, and the answer to which resource an argument means, whether its
// id is known or stands only in the configuration. The translators of single types ask here and write into the draft.
import type { Origin } from "../../problem.ts";
import { defaultAclId, defaultGroupId, mainTableId } from "../aws/planned/defaults.ts";
import { Draft } from "../aws/planned/draft.ts";
import { MadeUpAddresses } from "../aws/planned/made-up.ts";
import { optionalText } from "../aws/item.ts";
import { argument, constantOf, referencesOf } from "./configuration.ts";
import type { Json } from "../json.ts";
import { configuredName, type ModuleInstance, type Resource } from "./document.ts";
import { fieldsOf, isUnknown, optional, strings, type Fields } from "./fields.ts";
import { thingOf, type Thing } from "./kinds.ts";
import { follow, scopeOf, type CopiesOf, type Places, type Target } from "./references.ts";

/** What an argument means: a thing by its id here, nothing, or something that can't be told before apply. */
export type Meant =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "none" }
  /** Not known, since the provider makes it up. */
  | { readonly kind: "computed" }
  | { readonly kind: "open"; readonly why: string };

export interface MeantList {
  readonly ids: readonly string[];
  /** Why there may be more, or others. */
  readonly open: string | undefined;
  /** Whether anything is written or known of it at all. */
  readonly written: boolean;
}

/** Attributes that name the resource itself, and not something of it. */
const identities: ReadonlySet<string> = new Set([
  "id",
  "arn",
  "name",
  "identifier",
  "cluster_identifier",
  "allocation_id",
  "vpc_peering_connection_id",
  "network_interface_id",
  "transit_gateway_attachment_id",
]);

const defaultGroup = "default_security_group_id";
const defaultAcl = "default_network_acl_id";
const mainTables: ReadonlySet<string> = new Set(["default_route_table_id", "main_route_table_id"]);
const transitTables: ReadonlySet<string> = new Set([
  "association_default_route_table_id",
  "propagation_default_route_table_id",
]);

export function transitTableId(gateway: string): string {
  return `${gateway}.DefaultRouteTable`;
}

export function firstInterfaceId(instance: string): string {
  return `${instance}.eth0`;
}

const deepest = 20;

export class Plan {
  readonly draft = new Draft();
  readonly madeUp = new MadeUpAddresses();
  readonly #byType = new Map<string, Fields[]>();
  readonly #ids = new Map<string, string>();
  readonly #aliases = new Map<string, string>();
  /** Addresses of what has an id already. */
  readonly #standing = new Set<string>();
  readonly #said = new Set<string>();
  readonly #places: Places;
  readonly #originOf: (resource: Resource) => Origin;

  constructor(
    resources: readonly Resource[],
    originOf: (resource: Resource) => Origin,
    local: Places["local"] = () => undefined,
  ) {
    this.#originOf = originOf;
    const copies = copiesByName(resources);
    const modules = modulesOf(resources);
    this.#places = {
      copies: (module, name) => copies.get(`${module.address} ${name}`) ?? noCopies,
      modules: (parent, name) =>
        (modules.get(parent.address) ?? []).filter((module) => module.call?.name === name),
      local,
    };
    for (const resource of resources.toSorted((a, b) => rank(a) - rank(b))) this.#take(resource);
    for (const acl of this.of("aws_default_network_acl")) this.#alias(acl, defaultAcl);
    for (const table of this.of("aws_default_route_table")) this.#alias(table, "default_route_table_id");
    for (const group of this.of("aws_default_security_group")) {
      const vpc = this.reference(group, "vpc_id", ["vpc"]);
      if (vpc.kind === "id") this.#aliases.set(defaultGroupId(vpc.id), group.resource.address);
    }
  }

  /** Resources of a type, managed ones; and data sources of what is not managed here. */
  of(...types: readonly string[]): Fields[] {
    return types.flatMap((type) => this.#byType.get(type) ?? []);
  }

  unknown(origin: Origin, what: string, effect: string): void {
    this.draft.inventory.unknown(origin, what, effect);
  }

  /** The thing that an id known from AWS stands for here. */
  known(id: string, things: readonly Thing[]): string {
    const own = things.map((thing) => this.#ids.get(`${thing} ${id}`)).find((one) => one !== undefined);
    return this.#canonical(own ?? id);
  }

  reference(fields: Fields, key: string, things: readonly Thing[]): Meant {
    const written = optional(fields, key);
    if (written !== undefined) return { kind: "id", id: this.known(written, things) };
    if (!isUnknown(fields, key)) return { kind: "none" };
    const expression = fields.expression(key);
    if (expression === undefined) return { kind: "computed" };
    const constant = constantOf(expression);
    if (typeof constant === "string") return { kind: "id", id: this.known(constant, things) };
    const { ids, open } = this.#candidates(fields, expression, key, things);
    const [only] = ids;
    const single = ids.length === 1 && (open === undefined || fields.sharedBy(key) < 2);
    if (only !== undefined && single) return { kind: "id", id: only };
    const assumed = this.#assume(fields, key, things, ids, open);
    if (assumed !== undefined) return { kind: "id", id: assumed };
    return {
      kind: "open",
      why: `${fields.resource.address}: which ${key} it gets is not known before apply (${
        ids.length > 1 ? ids.join(" or ") : (open ?? "nothing that is planned here")
      })`,
    };
  }

  references(fields: Fields, key: string, things: readonly Thing[]): MeantList {
    const known = strings(fields, key).map((id) => this.known(id, things));
    const unknown = isUnknown(fields, key);
    if (!unknown) return { ids: known, open: undefined, written: known.length > 0 };
    const expression = fields.expression(key);
    if (expression === undefined) return { ids: known, open: undefined, written: known.length > 0 };
    const { ids, open } = this.#candidates(fields, expression, key, things);
    if (fields.sharedBy(key) > 1 && (ids.length > 1 || open !== undefined)) {
      const which = [...ids, ...(open === undefined ? [] : [open])].join(", ");
      return {
        ids: known,
        open: `${fields.resource.address}: which of ${which} each of its blocks names by ${key} is not known before apply`,
        written: true,
      };
    }
    const all = [...new Set([...known, ...ids])];
    const missing = ids.length === 0 ? (open ?? "nothing that is planned here") : open;
    return {
      ids: all,
      open:
        missing === undefined
          ? undefined
          : `${fields.resource.address}: which ${key} it gets is not known before apply (${missing})`,
      written: true,
    };
  }

  /** The thing of which an argument takes one of some attributes, where its value is not known: `aws_instance.web.private_ip`. */
  ownerOf(
    fields: Fields,
    key: string,
    attributes: readonly string[],
    things: readonly Thing[],
  ): string | undefined {
    const references = referencesOf(fields.expression(key));
    const found = follow(references, scopeOf(fields.resource), this.#places).targets.filter(
      ({ resource, attribute }) => {
        const thing = thingOf(resource.type);
        const taken = attribute === undefined || attributes.includes(attribute);
        return thing !== undefined && things.includes(thing) && taken;
      },
    );
    const [only] = found;
    return only === undefined || found.length > 1 ? undefined : only.resource.address;
  }

  /**
   * Where a thing stands is assumed, and said so, rather than left out: the only VPC of its module where the plan does not
   * show which (a local value); of copies among which a variable chooses, the one of this resource's own key.
   */
  #assume(
    fields: Fields,
    key: string,
    things: readonly Thing[],
    ids: readonly string[],
    open: string | undefined,
  ): string | undefined {
    const { address, module, key: own } = fields.resource;
    const vpcs = this.of("aws_vpc").filter((vpc) => vpc.resource.module.address === module.address);
    const [vpc] = vpcs;
    if (ids.length === 0 && key === "vpc_id" && vpc !== undefined && vpcs.length === 1) {
      const where = module.address === "" ? "the root module" : module.address;
      this.#once(
        fields.origin,
        `${where}: what its resources name as their VPC is not shown by the plan (${open ?? key})`,
        `taken to be ${vpc.resource.address}, the only VPC of the module`,
      );
      return vpc.resource.address;
    }
    const suffix = own === undefined ? undefined : `[${JSON.stringify(own)}]`;
    const blocksOf = new Set(ids.map((id) => id.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, "")));
    const same = suffix === undefined ? undefined : ids.find((id) => id.endsWith(suffix));
    const placing = things.some((thing) => thing === "subnet" || thing === "table" || thing === "nat");
    if (same === undefined || blocksOf.size !== 1 || !placing) return undefined;
    this.#once(
      fields.origin,
      `${address}: which ${key} it gets is not known before apply (${ids.join(" or ")})`,
      `taken to be ${same}`,
    );
    return same;
  }

  /** What is asked several times is said once. */
  #once(origin: Origin, what: string, effect: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.unknown(origin, what, effect);
  }

  /** What an argument that is not known may be. Of references that blocks share, the known ones are other blocks'. */
  #candidates(
    fields: Fields,
    expression: Json,
    key: string,
    things: readonly Thing[],
  ): { readonly ids: readonly string[]; readonly open: string | undefined } {
    const found = this.#follow(fields.resource, expression, key, things, 0);
    if (fields.sharedBy(key) === 0) return found;
    return { ...found, ids: found.ids.filter((id) => !this.#standing.has(id)) };
  }

  /** What an expression leads to: the things of those kinds, however many steps away. */
  #follow(
    resource: Resource,
    expression: Json | undefined,
    key: string,
    things: readonly Thing[],
    depth: number,
  ): { readonly ids: string[]; readonly open: string | undefined } {
    const references = referencesOf(expression);
    const found = follow(references, scopeOf(resource), this.#places);
    const reached = found.targets.map((target) => this.#reach(target, key, things, depth));
    const open = [...found.open, ...reached.flatMap((one) => one.open ?? [])];
    return {
      ids: [...new Set(reached.flatMap((one) => one.ids))],
      open: open.length === 0 ? undefined : open.join(", "),
    };
  }

  #reach(
    { resource, attribute }: Target,
    key: string,
    things: readonly Thing[],
    depth: number,
  ): { readonly ids: string[]; readonly open: string | undefined } {
    const { address, type } = resource;
    const thing = thingOf(type);
    const self = this.#addressOf(resource);
    if (thing !== undefined && things.includes(thing)) {
      if (attribute === undefined || identities.has(attribute)) return { ids: [self], open: undefined };
    }
    const special = this.#special(self, thing, attribute, things);
    if (special !== undefined) return { ids: [special], open: undefined };
    // An index hides the attribute: then it can only be the one of the argument's own name.
    const asked = attribute ?? key;
    if (depth > deepest) return { ids: [], open: address };
    const value = optionalWords(resource, asked);
    if (value.length > 0) return { ids: value.map((id) => this.known(id, things)), open: undefined };
    const configured = resource.module.call?.resources.get(configuredName(resource));
    const expression = argument(configured?.expressions, asked);
    if (expression === undefined) return { ids: [], open: undefined };
    return this.#follow(resource, expression, asked, things, depth + 1);
  }

  /** What AWS makes together with a thing, by the attribute that names it. */
  #special(
    self: string,
    thing: Thing | undefined,
    attribute: string | undefined,
    things: readonly Thing[],
  ): string | undefined {
    if (attribute === undefined) return undefined;
    if (thing === "vpc" && attribute === defaultGroup && things.includes("group"))
      return this.#canonical(defaultGroupId(self));
    if (thing === "vpc" && attribute === defaultAcl && things.includes("acl"))
      return this.#canonical(defaultAclId(self));
    if (thing === "vpc" && mainTables.has(attribute) && things.includes("table"))
      return this.#canonical(mainTableId(self));
    if (thing === "transit" && transitTables.has(attribute) && things.includes("transit-table"))
      return transitTableId(self);
    if (thing === "instance" && attribute === "primary_network_interface_id" && things.includes("interface"))
      return firstInterfaceId(self);
    return undefined;
  }

  #canonical(id: string): string {
    return this.#aliases.get(id) ?? id;
  }

  /** A data source of something that is managed here is that. */
  #addressOf(resource: Resource): string {
    const thing = thingOf(resource.type);
    const id = optionalText(resource.values, "id");
    return thing === undefined || id === undefined
      ? resource.address
      : (this.#ids.get(`${thing} ${id}`) ?? resource.address);
  }

  #take(resource: Resource): void {
    const { type, address, values } = resource;
    const thing = thingOf(type);
    const fields = fieldsOf(resource, this.#originOf(resource));
    if (thing !== undefined) {
      const id = optionalText(values, "id");
      if (resource.data && id !== undefined && this.#ids.has(`${thing} ${id}`)) return;
      if (id !== undefined) this.#standing.add(address);
      for (const key of identities) this.#name(thing, optionalText(values, key), address);
      if (thing === "vpc") {
        this.#name("group", optionalText(values, defaultGroup), defaultGroupId(address));
        this.#name("acl", optionalText(values, defaultAcl), defaultAclId(address));
        for (const key of mainTables) this.#name("table", optionalText(values, key), mainTableId(address));
      }
      if (thing === "transit") {
        for (const key of transitTables)
          this.#name("transit-table", optionalText(values, key), transitTableId(address));
      }
      if (thing === "instance")
        this.#name(
          "interface",
          optionalText(values, "primary_network_interface_id"),
          firstInterfaceId(address),
        );
    }
    const own = this.#byType.get(type);
    if (own === undefined) this.#byType.set(type, [fields]);
    else own.push(fields);
  }

  #name(thing: Thing, id: string | undefined, address: string): void {
    const key = `${thing} ${id ?? ""}`;
    if (id !== undefined && !this.#ids.has(key)) this.#ids.set(key, address);
  }

  /** A managed default thing stands for what AWS made with the VPC. */
  #alias(fields: Fields, key: string): void {
    const things: Thing[] = key === defaultAcl ? ["acl"] : ["table"];
    const meant = this.reference(fields, key, things);
    if (meant.kind === "id" && meant.id !== fields.resource.address)
      this.#aliases.set(meant.id, fields.resource.address);
  }
}

/** What is managed here counts before what a data source says of the same thing; VPCs name what AWS makes with them. */
function rank(resource: Resource): number {
  return (resource.data ? 2 : 0) + (thingOf(resource.type) === "vpc" ? 0 : 1);
}

function optionalWords(resource: Resource, key: string): string[] {
  const value = resource.values.value[key];
  if (typeof value === "string" && value !== "") return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

const noCopies: CopiesOf = { all: [], byKey: new Map() };

function copiesByName(resources: readonly Resource[]): Map<string, CopiesOf> {
  const groups = Map.groupBy(resources, (one) => `${one.module.address} ${configuredName(one)}`);
  return new Map(
    [...groups].map(([name, all]) => [
      name,
      { all, byKey: new Map(all.flatMap((one) => (one.key === undefined ? [] : [[one.key, one] as const]))) },
    ]),
  );
}

function modulesOf(resources: readonly Resource[]): Map<string, ModuleInstance[]> {
  const known = new Map<string, ModuleInstance>();
  const take = (module: ModuleInstance): void => {
    if (known.has(module.address)) return;
    known.set(module.address, module);
    if (module.parent !== undefined) take(module.parent);
  };
  for (const resource of resources) take(resource.module);
  return Map.groupBy(
    [...known.values()].filter((module) => module.parent !== undefined),
    (module) => module.parent?.address ?? "",
  );
}

// For tests: documents as `terraform show -json` writes them, from resources as a configuration has them. What is not
// known before apply (`ref`, `unknown`, an id) is left out of the values, marked in after_unknown, and named in the
// configuration. (Terraform documentation, "JSON Output Format".)
import type { EstatePart } from "../../../estate/model.ts";
import type { Beside } from "../../reader.ts";
import { Problem } from "../../../problem.ts";
import { terraformReader } from "../reader.ts";

class Reference {
  readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }
}

/** `aws_vpc.main.id`: not known before apply, and named in the configuration with the words that it begins with. */
export function ref(...words: string[]): Reference {
  return new Reference(words.flatMap(prefixesOf));
}

/** As Terraform lists a reference: itself, then what it goes by, down to the resource. */
function prefixesOf(word: string): string[] {
  const parts = /^(?<head>(?:data\.)?[\w-]+\.[\w-]+)(?<rest>.*)$/s.exec(word)?.groups;
  const head = parts?.["head"] ?? word;
  const steps = [...(parts?.["rest"] ?? "").matchAll(/\.[\w-]+|\[[^\]]*\]/g)].map((step) => step[0]);
  return Array.from(
    { length: steps.length + 1 },
    (_, at) => head + steps.slice(0, steps.length - at).join(""),
  );
}

/** Not known before apply, and of no resource. */
export const unknown = new Reference([]);

export type Values = Readonly<Record<string, unknown>>;

export interface ModuleContent {
  readonly resources?: Readonly<Record<string, Values | Copies>>;
  readonly modules?: Readonly<Record<string, ModuleCallContent>>;
  readonly outputs?: Readonly<Record<string, Reference>>;
}

export interface ModuleCallContent extends ModuleContent {
  readonly source?: string;
  readonly inputs?: Readonly<Record<string, Reference>>;
  /** Keys of `for_each`, or numbers of `count`. */
  readonly keys?: readonly (string | number)[];
}

/** A resource with `count` or `for_each`: the values of each copy. */
export class Copies {
  readonly keys: readonly (string | number)[];
  readonly values: (key: string | number) => Values;
  readonly forEach: Reference | undefined;

  constructor(
    keys: readonly (string | number)[],
    values: (key: string | number) => Values,
    forEach?: Reference,
  ) {
    this.keys = keys;
    this.values = values;
    this.forEach = forEach;
  }
}

/** Attributes that the provider makes up and a new resource's plan does not know. */
const computed: Readonly<Record<string, readonly string[]>> = {
  aws_security_group: ["arn", "owner_id", "ingress", "egress"],
  aws_default_security_group: ["arn", "owner_id", "ingress", "egress"],
  aws_network_acl: ["arn", "owner_id", "ingress", "egress", "subnet_ids"],
  aws_default_network_acl: ["arn", "owner_id", "vpc_id"],
  aws_route_table: ["arn", "owner_id", "route", "propagating_vgws"],
  aws_default_route_table: ["arn", "owner_id", "vpc_id", "route"],
  aws_instance: [
    "arn",
    "private_ip",
    "public_ip",
    "ipv6_addresses",
    "associate_public_ip_address",
    "primary_network_interface_id",
    "network_interface",
    "security_groups",
    "vpc_security_group_ids",
    "instance_state",
    "secondary_private_ips",
    "subnet_id",
  ],
  aws_network_interface: [
    "arn",
    "private_ip",
    "private_ips",
    "private_ip_list",
    "security_groups",
    "ipv6_addresses",
  ],
  aws_vpc: [
    "arn",
    "default_security_group_id",
    "default_network_acl_id",
    "main_route_table_id",
    "default_route_table_id",
  ],
  aws_subnet: ["arn", "owner_id"],
  aws_eip: ["allocation_id", "public_ip", "private_ip", "instance", "network_interface"],
  aws_nat_gateway: ["private_ip", "public_ip", "network_interface_id"],
  aws_lb: ["arn", "dns_name", "subnets", "security_groups", "subnet_mapping"],
  aws_lb_listener: ["arn"],
  aws_lb_target_group: ["arn"],
  aws_db_instance: ["address", "endpoint", "port", "status", "availability_zone", "vpc_security_group_ids"],
  aws_vpc_endpoint: [
    "arn",
    "state",
    "prefix_list_id",
    "network_interface_ids",
    "security_group_ids",
    "subnet_ids",
    "route_table_ids",
  ],
  aws_route: ["instance_id", "network_interface_id", "origin", "state"],
  aws_ec2_transit_gateway: ["association_default_route_table_id", "propagation_default_route_table_id"],
};

/** Blocks that the provider has as attributes: the configuration says together what they refer to. */
const flat: ReadonlySet<string> = new Set(["ingress", "egress", "route"]);

interface Made {
  readonly planned: object;
  readonly changes: object[];
  readonly configuration: object;
}

/** A plan that creates everything. `more`: further keys of the document. */
export function planOf(content: ModuleContent, more: Values = {}): string {
  const { planned, changes, configuration } = moduleOf(content, "");
  return JSON.stringify(
    {
      format_version: "1.2",
      terraform_version: "1.11.4",
      planned_values: { root_module: planned },
      resource_changes: changes,
      configuration: {
        provider_config: {
          aws: {
            name: "aws",
            full_name: "registry.terraform.io/hashicorp/aws",
            expressions: { region: { constant_value: "eu-central-1" } },
          },
        },
        root_module: configuration,
      },
      applyable: true,
      complete: true,
      errored: false,
      ...more,
    },
    undefined,
    1,
  );
}

/** A state: every value is known. */
export function stateOf(resources: Readonly<Record<string, Values>>, more: Values = {}): string {
  return JSON.stringify({
    format_version: "1.0",
    terraform_version: "1.11.4",
    values: {
      root_module: {
        resources: Object.entries(resources).map(([address, values]) => ({
          ...identity(address),
          values,
        })),
      },
    },
    ...more,
  });
}

function identity(address: string, key?: string | number): object {
  const data = address.startsWith("data.");
  const [type = "", name = ""] = (data ? address.slice(5) : address).replace(/\[.*$/, "").split(".");
  return {
    address,
    mode: data ? "data" : "managed",
    type,
    name,
    ...(key === undefined ? {} : { index: key }),
    provider_name: "registry.terraform.io/hashicorp/aws",
    schema_version: 1,
  };
}

function moduleOf(content: ModuleContent, address: string): Made {
  const prefix = address === "" ? "" : `${address}.`;
  const planned: object[] = [];
  const changes: object[] = [];
  for (const [name, written] of Object.entries(content.resources ?? {})) {
    const copies =
      written instanceof Copies
        ? written.keys.map((key) => ({
            key,
            suffix: `[${JSON.stringify(key)}]`,
            values: written.values(key),
          }))
        : [{ key: undefined, suffix: "", values: written }];
    for (const { key, suffix, values } of copies) {
      const whole = { ...identity(`${name}${suffix}`, key), address: `${prefix}${name}${suffix}` };
      const type = name.split(".")[0] ?? "";
      const open = Object.fromEntries(
        ["id", ...(computed[type] ?? [])]
          .filter((one) => values[one] === undefined)
          .map((one) => [one, true]),
      );
      planned.push({ ...whole, values: knownOf(values) });
      const after = { ...open, ...unknownOf(values) };
      changes.push({
        ...whole,
        change: { actions: ["create"], before: null, after: knownOf(values), after_unknown: after },
      });
    }
  }
  const children: object[] = [];
  const calls: Record<string, object> = {};
  for (const [name, call] of Object.entries(content.modules ?? {})) {
    const suffixes = call.keys?.map((key) => `[${JSON.stringify(key)}]`) ?? [""];
    for (const suffix of suffixes) {
      const child = `${prefix}module.${name}${suffix}`;
      const made = moduleOf(call, child);
      children.push({ address: child, ...made.planned });
      changes.push(...made.changes);
    }
    calls[name] = {
      source: call.source ?? `./${name}`,
      expressions: Object.fromEntries(
        Object.entries(call.inputs ?? {}).map(([input, reference]) => [
          input,
          { references: reference.words },
        ]),
      ),
      module: moduleOf(call, "").configuration,
    };
  }
  return {
    planned: { resources: planned, ...(children.length === 0 ? {} : { child_modules: children }) },
    changes,
    configuration: {
      resources: Object.entries(content.resources ?? {}).map(([name, written]) => configured(name, written)),
      ...(Object.keys(calls).length === 0 ? {} : { module_calls: calls }),
      outputs: Object.fromEntries(
        Object.entries(content.outputs ?? {}).map(([output, reference]) => [
          output,
          { expression: { references: reference.words } },
        ]),
      ),
    },
  };
}

function configured(name: string, written: Values | Copies): object {
  const [first] = written instanceof Copies ? written.keys : [];
  const values = written instanceof Copies ? (first === undefined ? {} : written.values(first)) : written;
  return {
    ...identity(name),
    provider_config_key: "aws",
    expressions: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, expressionOf(key, value)]),
    ),
    ...(written instanceof Copies && written.forEach !== undefined
      ? { for_each_expression: { references: written.forEach.words } }
      : {}),
  };
}

function expressionOf(key: string, value: unknown): unknown {
  const references = wordsIn(value);
  const blocks = Array.isArray(value) && value.some((one) => isPlain(one));
  if (blocks && !flat.has(key)) {
    return value.map((block: unknown) =>
      Object.fromEntries(
        Object.entries(isPlain(block) ? block : {}).map(([inner, part]) => [
          inner,
          expressionOf(inner, part),
        ]),
      ),
    );
  }
  return references.length > 0 || blocks ? { references } : { constant_value: value };
}

function wordsIn(value: unknown): string[] {
  if (value instanceof Reference) return [...value.words];
  if (Array.isArray(value)) return value.flatMap((one) => wordsIn(one));
  return isPlain(value) ? Object.values(value).flatMap((one) => wordsIn(one)) : [];
}

function isPlain(value: unknown): value is Values {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Reference)
  );
}

/** Unknown attributes are left out, unknown elements are null. */
function knownOf(value: unknown): unknown {
  if (value instanceof Reference) return null;
  if (Array.isArray(value)) return value.map((one) => knownOf(one));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !(part instanceof Reference))
      .map(([key, part]) => [key, knownOf(part)]),
  );
}

function unknownOf(value: unknown): Record<string, unknown> {
  const unknowns: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(isPlain(value) ? value : {})) {
    if (part instanceof Reference) unknowns[key] = true;
    if (Array.isArray(part))
      unknowns[key] = part.map((one) =>
        one instanceof Reference ? true : isPlain(one) ? unknownOf(one) : false,
      );
  }
  return unknowns;
}

export function readTerraform(text: string, beside?: Beside): EstatePart {
  return terraformReader.read([{ path: "plan.json", text }], beside);
}

/** The problem that reading ends with. */
export function problemOf(text: string): Problem {
  try {
    readTerraform(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was read without a problem");
}

/** What the reader says that it does not know, one line each. */
export function unknownsOf(part: EstatePart): string[] {
  return (part.unknowns ?? []).map(({ what, effect }) => `${what} | ${effect}`);
}

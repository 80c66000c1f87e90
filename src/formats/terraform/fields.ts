// The arguments of a resource or of a block in it, with what is not known of them yet and what they refer to: what the
// translators of single resource types read.
import type { Origin } from "../../problem.ts";
import { child, children, optionalFlag, optionalText, optionalWhole, type Item } from "../aws/item.ts";
import { isObject, type Json } from "../json.ts";
import { argument } from "./configuration.ts";
import { configuredName, type Resource } from "./document.ts";

export interface Fields {
  readonly resource: Resource;
  readonly item: Item;
  /** In the shape of the attributes: true where one is not known before apply. */
  readonly unknown: Json | undefined;
  /** What an argument is in the configuration; none where it is not written, or there is no configuration. */
  readonly expression: (key: string) => Json | undefined;
  /** Whether the document has a configuration for it. */
  readonly configured: boolean;
  /** How many blocks wait for an argument that the configuration has only for all of them together; 0 where it has each. */
  readonly sharedBy: (key: string) => number;
  /** Where it is written: the resource's line, in the sources where they are at hand. */
  readonly origin: Origin;
}

export function optional(fields: Fields, key: string): string | undefined {
  return optionalText(fields.item, key);
}

export function flag(fields: Fields, key: string): boolean | undefined {
  return optionalFlag(fields.item, key);
}

/** A whole number; older providers wrote some of them as strings. */
export function whole(fields: Fields, key: string): number | undefined {
  const value = fields.item.value[key];
  if (typeof value === "string" && /^-?\d+$/.test(value)) return Number(value);
  return value === "" ? undefined : optionalWhole(fields.item, key);
}

/** The known strings of a list; what is not known yet, or no string, is left out. */
export function strings(fields: Fields, key: string): string[] {
  const value = fields.item.value[key];
  return Array.isArray(value)
    ? value.filter((element): element is string => typeof element === "string" && element !== "")
    : [];
}

/** Whether an argument, or a part of it, is not known before apply. */
export function isUnknown(fields: Fields, key: string): boolean {
  return holdsTrue(argument(fields.unknown, key));
}

function holdsTrue(unknown: Json | undefined): boolean {
  if (unknown === true) return true;
  if (Array.isArray(unknown)) return unknown.some((part) => holdsTrue(part));
  return isObject(unknown) && Object.values(unknown).some((part) => holdsTrue(part));
}

/** Whether the whole of a list of blocks is not known: how many there will be, and what they say. */
export function isWhollyUnknown(fields: Fields, key: string): boolean {
  return argument(fields.unknown, key) === true;
}

/** Whether the configuration writes an argument; true where there is no configuration to ask and it has a value. */
export function isConfigured(fields: Fields, key: string): boolean {
  return fields.configured ? fields.expression(key) !== undefined : !isEmpty(fields.item.value[key]);
}

function isEmpty(value: Json | undefined): boolean {
  return (
    value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
  );
}

/**
 * The blocks of a name. The configuration may list them as they stand (`inOrder`), in another order than a set's, or say
 * only for all of them together what they refer to; then any of that may be any block's.
 */
export function blocks(fields: Fields, key: string, inOrder = false): Fields[] {
  const unknown = argument(fields.unknown, key);
  const written = fields.expression(key);
  const list = isObject(fields.item.value[key])
    ? [child(fields.item, key)].filter((item) => item !== undefined)
    : children(fields.item, key);
  const waiting = (name: string): number =>
    Array.isArray(unknown) ? unknown.filter((block) => holdsTrue(argument(block, name))).length : list.length;
  return list.map((item, at) => ({
    ...fields,
    sharedBy: isFlat(written) ? waiting : () => 0,
    item,
    unknown: Array.isArray(unknown) ? unknown[at] : unknown,
    expression: (name) => {
      if (!Array.isArray(written)) return isFlat(written) ? written : argument(written, name);
      const own = inOrder ? written.slice(at, at + 1) : written;
      const found = own.flatMap((part) => argument(part, name) ?? []);
      return found.length === 0 ? undefined : found;
    },
  }));
}

/** Blocks that the provider has as an attribute: the configuration says what all of them refer to, and not which. */
function isFlat(expression: Json | undefined): boolean {
  return isObject(expression) && Object.hasOwn(expression, "references");
}

/** The arguments of a resource, with what the configuration says of them. */
export function fieldsOf(resource: Resource, origin: Origin): Fields {
  const configured = resource.module.call?.resources.get(configuredName(resource));
  return {
    resource,
    item: resource.values,
    unknown: resource.unknown,
    expression: (key) => argument(configured?.expressions, key),
    configured: configured !== undefined,
    sharedBy: () => 0,
    origin,
  };
}

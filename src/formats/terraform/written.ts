// What every resource has in the words of AWS's exports: tags, a name, an account and a region.
import { constantOf, argument } from "./configuration.ts";
import { isObject, type Json } from "../json.ts";
import type { Written } from "../aws/planned/draft.ts";
import { optional, type Fields } from "./fields.ts";

/** Tags with those of the provider's `default_tags` (`tags_all`), where they are known. */
export function tagsOf(fields: Fields): Written {
  const { tags, tags_all: all } = fields.item.value;
  const joined = { ...strings(all), ...strings(tags) };
  return { Tags: Object.entries(joined).map(([Key, Value]) => ({ Key, Value })) };
}

function strings(tags: Json | undefined): Record<string, string> {
  if (!isObject(tags)) return {};
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
  );
}

/** The tag `Name`, else the address: what answers call a resource. */
export function nameOf(fields: Fields): string {
  const { tags, tags_all: all } = fields.item.value;
  return { ...strings(all), ...strings(tags) }["Name"] ?? fields.resource.address;
}

/** The region and account that a resource lies in, by its ARN or its own `region`. */
export function regionOf(fields: Fields): string | undefined {
  const said = optional(fields, "region") ?? optional(fields, "arn")?.split(":")[3];
  return said === "" ? undefined : said;
}

export function accountOf(fields: Fields): string | undefined {
  const said = optional(fields, "owner_id") ?? optional(fields, "arn")?.split(":")[4];
  return said === "" ? undefined : said;
}

/** A field with a value; none where there is none. */
export function given(key: string, value: Json | undefined): Written {
  return value === undefined ? {} : { [key]: value };
}

/** The constant of a provider's argument: `region` of `provider "aws"`. */
export function providerConstant(
  providers: Json | undefined,
  provider: string,
  key: string,
): string | undefined {
  const config = argument(providers, provider) ?? argument(providers, provider.replace(/^.*:/, ""));
  const value = constantOf(argument(argument(config, "expressions"), key));
  return typeof value === "string" ? value : undefined;
}

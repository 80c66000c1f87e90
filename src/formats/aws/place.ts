// What every AWS resource has in common: its tags and name, and the account and region that it stands in.
import type { Place, Tags } from "../../estate/model.ts";
import { isObject } from "../json.ts";
import { children, optionalText, originOf, text, type Item } from "./item.ts";

/** Id, `Name` tag, tags and origin of a resource. `name` is for kinds that have a name besides tags. */
export function placeOf(item: Item, id: string, name?: string): Place {
  const tags = tagsOf(item);
  return { id, name: tags["Name"] ?? name ?? id, tags, origin: originOf(item, id) };
}

export function tagsOf(item: Item): Tags {
  const key = ["TagSet", "TagList"].find((one) => item.value[one] !== undefined) ?? "Tags";
  const written = item.value[key];
  if (isObject(written)) {
    return Object.fromEntries(
      Object.entries(written).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
    );
  }
  return Object.fromEntries(
    children(item, key).map((tag) => [text(tag, "Key"), optionalText(tag, "Value") ?? ""]),
  );
}

const accountNumber = /^\d{12}$/;
const regionName = /^(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-[a-z]+)+-\d$/;

/** The account: the resource's owner, or its ARN, or a folder of that name. */
export function accountOf(item: Item): string | undefined {
  return optionalText(item, "OwnerId") ?? arnPart(item, 4) ?? folder(item, accountNumber);
}

/** The region: as written, by ARN, by zone, or by a folder of that name. */
export function regionOf(item: Item): string | undefined {
  const zone = optionalText(item, "AvailabilityZone");
  return (
    optionalText(item, "Region") ??
    arnPart(item, 3) ??
    (zone === undefined ? undefined : regionOfZone(zone)) ??
    folder(item, regionName)
  );
}

/** `us-east-1a`, and the local zone `us-west-2-lax-1a`, lie in the region before their letter. */
export function regionOfZone(zone: string): string | undefined {
  return /^[a-z]{2}(?:-[a-z]+)+?-\d/.exec(zone)?.[0];
}

const arnKeys = ["SubnetArn", "TransitGatewayArn", "LoadBalancerArn", "DBInstanceArn", "PrefixListArn"];

function arnPart(item: Item, at: number): string | undefined {
  for (const key of arnKeys) {
    const value = item.value[key];
    const part = typeof value === "string" && value.startsWith("arn:") ? value.split(":")[at] : undefined;
    if (part !== undefined && part !== "") return part;
  }
  return undefined;
}

function folder(item: Item, pattern: RegExp): string | undefined {
  return originOf(item)
    .file.split(/[\\/]/)
    .slice(0, -1)
    .findLast((part) => pattern.test(part));
}

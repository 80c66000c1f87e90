// Instances as hosts: their interfaces in order, whether they run, and which system they run. Terminated ones are gone
// and are left out.
import type { Host } from "../../estate/model.ts";
import type { ReadInterface } from "./interfaces.ts";
import { instancesOf } from "./interfaces.ts";
import type { Inventory } from "./inventory.ts";
import { child, optionalText, text, type Item } from "./item.ts";
import { once } from "./once.ts";
import { placeOf } from "./place.ts";

export function readInstances(
  inventory: Inventory,
  interfaces: ReadonlyMap<string, ReadInterface>,
): Map<string, Host> {
  const owned = Map.groupBy(interfaces.values(), (one) =>
    one.place.kind === "instance" ? (one.place.owner ?? "") : "",
  );
  return once(
    "instance",
    instancesOf(inventory).flatMap((item) => {
      const state = stateOf(item);
      if (state === "terminated" || state === "shutting-down") return [];
      const id = text(item, "InstanceId");
      const own = (owned.get(id) ?? []).toSorted((a, b) => a.deviceIndex - b.deviceIndex);
      const place = placeOf(item, id);
      if (own.length === 0) {
        inventory.unknown(
          place.origin,
          `no interface of ${id} was exported`,
          "it can't be reached nor reach",
        );
      }
      return [
        {
          ...place,
          kind: "instance" as const,
          interfaces: own.map((one) => one.id),
          system: isWindows(item) ? ("windows" as const) : ("linux" as const),
          running: state === "running" || state === "pending" || state === undefined,
        },
      ];
    }),
  );
}

function stateOf(item: Item): string | undefined {
  const state = child(item, "State");
  return state === undefined ? undefined : optionalText(state, "Name");
}

/** EC2 writes `Platform: windows` for Windows alone and nothing for the rest. */
function isWindows(item: Item): boolean {
  const platform = optionalText(item, "Platform") ?? optionalText(item, "PlatformDetails") ?? "";
  return platform.toLowerCase().startsWith("windows");
}

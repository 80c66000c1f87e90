// Checks that the rings which places name are there, each once.
import { entries, many, type Drawing } from "./drawing.ts";
import type { Path } from "./document.ts";
import type { Rings } from "./rings.ts";

export function checkReferences(drawing: Drawing, rings: Rings): void {
  const { file } = drawing;
  for (const [name, subnet] of entries(file.subnets)) {
    const path = ["subnets", name];
    check(drawing, "network ACL", rings.networkAcls, subnet["network-acl"], [...path, "network-acl"]);
    check(drawing, "packet filter", rings.packetFilters, subnet["packet-filters"], [
      ...path,
      "packet-filters",
    ]);
  }
  for (const section of ["hosts", "load-balancers"] as const) {
    for (const [name, item] of entries(file[section])) {
      const places = [
        { item, path: [section, name] },
        ...entries(item.interfaces).map(([device, each]) => ({
          item: each,
          path: [section, name, "interfaces", device],
        })),
      ];
      for (const place of places)
        check(drawing, "security group", rings.securityGroups, place.item["security-groups"], [
          ...place.path,
          "security-groups",
        ]);
    }
  }
}

function check(
  drawing: Drawing,
  kind: string,
  things: ReadonlyMap<string, unknown>,
  value: string | string[] | undefined,
  path: Path,
): void {
  const seen = new Set<string>();
  for (const item of many(value, path)) {
    drawing.attempt(
      () => {
        drawing.named(kind, things, item.value, item.path);
        if (seen.has(item.value)) drawing.failAt(item.path)(`“${item.value}” stands here twice`, 0);
        seen.add(item.value);
      },
      undefined,
      ["packet filter"],
    );
  }
}

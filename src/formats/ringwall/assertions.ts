// Lowers the list `assert` of a `ringwall.yaml`: rules that the estate must keep. Which places the names stand for is found
// when the question is asked.
import type { AssertedService, Assertion } from "../../estate/settings.ts";
import { fromPairs } from "../../packet/intervals.ts";
import { ICMP, ICMPV6, portDomain } from "../../packet/protocol.ts";
import type { Path } from "./document.ts";
import { many, type Drawing } from "./drawing.ts";
import { icmpOf, portless, portPair, protocolOf } from "./terms.ts";
import { written } from "./written.ts";

const kinds = ["must", "mustNot", "exactly", "only"] as const;

export function lowerAssertions(drawing: Drawing): readonly Assertion[] {
  return (drawing.file.assert ?? []).flatMap((item, at): Assertion[] => {
    const path: Path = ["assert", at];
    const shared = {
      ...(item.name === undefined ? {} : { name: item.name }),
      origin: drawing.document.valueAt(path),
    };
    if (item.defaultDeny !== undefined) {
      const to = written(drawing, item.defaultDeny, [...path, "defaultDeny"]);
      return [{ ...shared, kind: "defaultDeny", from: [], to, services: [] }];
    }
    const kind = kinds.find((name) => item[name] !== undefined);
    const ends = kind === undefined ? undefined : item[kind];
    if (kind === undefined || ends === undefined) return [];
    const own = [...path, kind];
    return [
      {
        ...shared,
        kind,
        from: written(drawing, ends.from, [...own, "from"]),
        to: written(drawing, ends.to, [...own, "to"]),
        services: lowerServices(drawing, ends.services, [...own, "services"]),
        ...(ends.family === undefined ? {} : { family: ends.family }),
      },
    ];
  });
}

function lowerServices(
  drawing: Drawing,
  value: string | string[] | undefined,
  path: Path,
): readonly AssertedService[] {
  const services = many(value, path).flatMap((item) => {
    const service = drawing.attempt(() => serviceOf(drawing, item.value, item.path));
    return service === undefined ? [] : [service];
  });
  // `all` beside others is all.
  return services.some((service) => service.protocol === "any") ? [] : services;
}

/** `tcp 80,443`, `icmp 8`, `udp`, `all`. */
function serviceOf(drawing: Drawing, text: string, path: Path): AssertedService {
  const fail = drawing.failAt(path);
  const [word = "", ...rest] = text.trim().split(/\s+/);
  const protocol = protocolOf(word, fail, 0);
  const detail = rest.join("");
  if (detail === "") return { protocol };
  const offset = text.indexOf(rest[0] ?? "");
  if (protocol === ICMP || protocol === ICMPV6)
    return { protocol, icmp: icmpOf(detail, protocol, fail, offset) };
  portless(protocol, fail, offset);
  return {
    protocol,
    ports: fromPairs(
      portDomain,
      detail.split(",").map((part) => portPair(part, fail, offset)),
    ),
  };
}

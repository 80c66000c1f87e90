// Lowers what a `ringwall.yaml` says of its estate beside the places: tiers, and how it is linted. Which checks there are is
// the lint's to know, so their names are only carried, with the place where each stands.
import type { EstateSettings, LintSettings, PortClass, Suppression, Tier } from "../../estate/settings.ts";
import { noLintSettings } from "../../estate/settings.ts";
import { fromPairs, type NumberSet } from "../../packet/intervals.ts";
import { portDomain } from "../../packet/protocol.ts";
import { lowerAssertions } from "./assertions.ts";
import { entries, many, type Drawing } from "./drawing.ts";
import { portPair } from "./terms.ts";
import { written } from "./written.ts";

/** Undefined where the file says nothing of them. */
export function lowerSettings(drawing: Drawing): EstateSettings | undefined {
  const { file, document } = drawing;
  const [first] = (["tiers", "lint", "assert"] as const).filter((key) => file[key] !== undefined);
  if (first === undefined) return undefined;
  return {
    tiers: entries(file.tiers).map(([name, tier]): Tier => {
      const path = ["tiers", name];
      return {
        name,
        members: written(drawing, tier.members, [...path, "members"]),
        ...(tier.from === undefined ? {} : { from: written(drawing, tier.from, [...path, "from"]) }),
        ...(tier.holds === undefined ? {} : { holds: tier.holds }),
        origin: document.keyAt(path),
      };
    }),
    lint: lowerLint(drawing),
    assertions: lowerAssertions(drawing),
    origin: document.keyAt([first]),
  };
}

function lowerLint(drawing: Drawing): LintSettings {
  const { document } = drawing;
  const { lint } = drawing.file;
  if (lint === undefined) return noLintSettings;
  return {
    disable: written(drawing, lint.disable, ["lint", "disable"]),
    enable: written(drawing, lint.enable, ["lint", "enable"]),
    severity: entries(lint.severity).map(([check, severity]) => ({
      check: { text: check, origin: document.keyAt(["lint", "severity", check]) },
      severity,
    })),
    ports: lowerPorts(drawing, lint.ports ?? {}),
    ...(lint.fail === undefined ? {} : { fail: lint.fail }),
    suppress: (lint.suppress ?? []).map((item, at): Suppression => ({
      check: item.check,
      ...(item.at === undefined ? {} : { at: item.at }),
      reason: item.reason,
      until: item.until,
      origin: document.valueAt(["lint", "suppress", at]),
    })),
  };
}

type WrittenPorts = number | string | (number | string)[] | undefined;

function lowerPorts(
  drawing: Drawing,
  classes: Readonly<Partial<Record<PortClass, WrittenPorts>>>,
): Readonly<Partial<Record<PortClass, NumberSet>>> {
  const lowered: Partial<Record<PortClass, NumberSet>> = {};
  for (const name of ["admin", "database", "plain-text"] as const) {
    const value = classes[name];
    if (value === undefined) continue;
    drawing.attempt(() => {
      const pairs = many<number | string>(value, ["lint", "ports", name]).flatMap((item) =>
        String(item.value)
          .split(",")
          .map((part) => portPair(part.trim(), drawing.failAt(item.path), 0)),
      );
      lowered[name] = fromPairs(portDomain, pairs);
    });
  }
  return lowered;
}

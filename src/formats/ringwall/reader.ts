// Reads `ringwall.yaml`: an estate drawn by hand, the other files that belong to it, and what is to be attached to the
// hosts of those. It opens no file itself: sources and firewall dumps are the loader's.
import { mergeEstate } from "../../estate/merge.ts";
import type { EstatePart, Listener } from "../../estate/model.ts";
import type { Origin, Unknown } from "../../problem.ts";
import type { Reader, SourceFile } from "../reader.ts";
import { readYaml, type Path } from "./document.ts";
import { Drawing, entries, many } from "./drawing.ts";
import { lowerListens, lowerPlaces } from "./places.ts";
import { lowerRings } from "./rings.ts";
import { lowerSettings } from "./settings.ts";
import { checkStructure } from "./structure.ts";
import { lowerWays } from "./ways.ts";

/** A path or pattern of files that belong to the estate, relative to the file that names it. */
export interface SourcePattern {
  readonly pattern: string;
  readonly origin: Origin;
}

/** A host's firewall dump: in a file beside, or written into the YAML as a block of text. */
export type FirewallSource =
  | { readonly kind: "file"; readonly path: string; readonly origin: Origin }
  /** `file.text` begins with empty lines, so that its line numbers are those of the YAML. */
  | { readonly kind: "inline"; readonly file: SourceFile; readonly origin: Origin };

/** What to add to a host: one of this file (`id` is its id), or one that the sources describe, by id or by name. */
export interface Attachment {
  readonly host: string;
  /** Whether the host is drawn in this file. Otherwise it has to be found, by id first and then by a name that only one host has. */
  readonly drawn: boolean;
  /** Dumps of one host: they make one firewall together. */
  readonly firewall: readonly FirewallSource[];
  readonly system?: "linux" | "windows";
  readonly listens?: readonly Listener[];
  readonly origin: Origin;
}

export interface RingwallDrawing {
  readonly part: EstatePart;
  readonly sources: readonly SourcePattern[];
  readonly attachments: readonly Attachment[];
}

/**
 * @throws Problem the first mistake by position: file, line, column, what was expected
 * @example parseRingwall({ path: "ringwall.yaml", text }).part.subnets
 */
export function parseRingwall(file: SourceFile): RingwallDrawing {
  const document = readYaml(file);
  const drawing = new Drawing(document, checkStructure(document));
  const places = lowerPlaces(drawing);
  const ways = lowerWays(drawing, places);
  const rings = lowerRings(drawing, places);
  const settings = lowerSettings(drawing);
  const sources = many(drawing.file.sources, ["sources"]).map((item) => ({
    pattern: item.value,
    origin: document.valueAt(item.path),
  }));
  const attachments = [
    ...entries(drawing.file.hosts)
      .filter(([, host]) => host.firewall !== undefined)
      .map(([name, host]) => ({
        host: name,
        drawn: true,
        firewall: firewallsOf(drawing, file.path, host.firewall, ["hosts", name, "firewall"]),
        origin: document.keyAt(["hosts", name, "firewall"]),
      })),
    ...entries(drawing.file.attach).flatMap(([name, attached]): Attachment[] => {
      const path = ["attach", name];
      const origin = document.keyAt(path);
      const made = drawing.attempt(() => {
        if (places.hosts.has(name))
          drawing.refuse(
            "meaning",
            `host “${name}” is drawn in this file`,
            origin,
            `write it under hosts: ${name}:`,
          );
        const listens = lowerListens(drawing, attached.listens, [...path, "listens"]);
        return {
          host: name,
          drawn: false,
          firewall: firewallsOf(drawing, file.path, attached.firewall, [...path, "firewall"]),
          ...(attached.system === undefined ? {} : { system: attached.system }),
          ...(listens === undefined ? {} : { listens }),
          origin,
        };
      });
      return made === undefined ? [] : [made];
    }),
  ];
  drawing.finish();
  const part: EstatePart = {
    networks: places.networks,
    subnets: places.subnets,
    interfaces: places.interfaces,
    hosts: places.hosts,
    ...ways,
    ...rings,
    ...(settings === undefined ? {} : { settings }),
  };
  return { part, sources, attachments };
}

function firewallsOf(
  drawing: Drawing,
  file: string,
  value: string | string[] | undefined,
  path: Path,
): FirewallSource[] {
  return many(value, path).map((item) => {
    const origin = drawing.document.valueAt(item.path);
    const line = drawing.document.blockLineAt(item.path);
    if (line === undefined) return { kind: "file", path: item.value, origin };
    const text = "\n".repeat(line - 1) + item.value;
    return { kind: "inline", file: { path: file, text }, origin };
  });
}

/** Its `read` gives the drawing alone; firewalls and sources, which need other readers, it reports as not read. */
export const ringwallReader: Reader = {
  format: "ringwall",
  recognises: (file) =>
    /(?:^|[/\\])ringwall\.ya?ml$/i.test(file.path) ||
    (/\.ya?ml$/i.test(file.path) && /^ringwall\s*:/m.test(file.text.slice(0, 65_536))),
  read: (files) => {
    const drawings = files.map(parseRingwall);
    const { name: _name, ...part } = mergeEstate(
      "",
      drawings.map((drawing) => drawing.part),
    );
    const effect = "not read: it needs the whole estate to be loaded";
    const unknowns: Unknown[] = drawings.flatMap(({ sources, attachments }) => [
      ...sources.map(({ pattern, origin }) => ({ origin, what: `sources: ${pattern}`, effect })),
      ...attachments.map(({ host, origin }) => ({ origin, what: `the firewall of ${host}`, effect })),
    ]);
    return { ...part, unknowns: [...part.unknowns, ...unknowns] };
  },
};

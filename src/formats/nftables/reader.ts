// The door of this folder: recognises exports of nftables and makes hosts of them, one for each file or folder.
import type { EstatePart } from "../../estate/model.ts";
import type { Host } from "../../estate/model.ts";
import type { HostFirewall } from "../../layers/host/model.ts";
import { Problem } from "../../problem.ts";
import type { Reader, SourceFile } from "../reader.ts";
import { parseNftables } from "./ruleset.ts";

/**
 * One host's firewall from its exports.
 * @throws Problem where a file is broken, or two files hold the same table
 * @example readNftablesHost("web-1", [{ path: "web-1/ruleset.json", text }]).tables
 */
export function readNftablesHost(name: string, files: readonly SourceFile[]): HostFirewall {
  const rulesets = files.map(parseNftables);
  const tables = rulesets.flatMap((ruleset) => ruleset.tables);
  const seen = new Set<string>();
  for (const table of tables) {
    const id = `${table.family} ${table.name}`;
    if (seen.has(id)) {
      throw new Problem("reference", `host ${name} has two tables ${id}`, {
        origin: table.origin,
        remedy: "keep one export of a host in its folder",
      });
    }
    seen.add(id);
  }
  return {
    name,
    tables,
    addresses: [],
    routes: [],
    unknowns: rulesets.flatMap((ruleset) => ruleset.unknowns),
    origin: { file: files[0]?.path ?? name, line: 1 },
  };
}

/** `nft -j list ruleset`: an object whose `nftables` is a list. */
export const nftablesReader: Reader = {
  format: "nftables",
  recognises: (file) => /^\uFEFF?\s*\{\s*"nftables"\s*:/.test(file.text.slice(0, 4096)),
  read: (files) => hostsOf(files),
};

function hostsOf(files: readonly SourceFile[]): EstatePart {
  const hosts = new Map<string, Host>();
  for (const file of files) {
    const name = hostName(file.path);
    const firewall = readNftablesHost(name, [file]);
    const before = hosts.get(name);
    if (before !== undefined) {
      throw new Problem(
        "reference",
        `two exports are of one host, ${name}: the other is ${before.origin.file}`,
        {
          origin: firewall.origin,
          remedy: "name each file, or its folder, after its host",
        },
      );
    }
    const origin = firewall.origin;
    hosts.set(name, {
      id: name,
      name,
      tags: {},
      origin,
      kind: "host",
      interfaces: [],
      firewall,
      system: "linux",
      running: true,
    });
  }
  return {
    hosts,
    unknowns: [...hosts.values()].flatMap((host) => host.firewall?.unknowns ?? []),
    sources: files.map((file) => file.path),
  };
}

/** Names that say what a file is, not whose: then the folder names the host. */
const common = /^(?:nft|nftables|nftables-ruleset|ruleset|rules|firewall|export)$/i;

/** `web-1.json` and `web-1/ruleset.json` are both of host web-1. */
function hostName(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  const base = (parts.at(-1) ?? path).replace(/(?:\.(?:json|nft|txt))+$/i, "");
  const folder = parts.at(-2);
  return common.test(base) && folder !== undefined ? folder : base;
}

// The reader of what a Linux host prints of its iptables firewall. The files of one folder are one host's.
import type { Host } from "../../estate/model.ts";
import type { Reader, SourceFile } from "../reader.ts";
import { readHostFirewall } from "./host.ts";
import { recogniseHostText } from "./recognise.ts";

export { readHostFirewall } from "./host.ts";

export const iptablesReader: Reader = {
  format: "iptables",
  recognises: (file) => recogniseHostText(file) !== undefined,
  read(files) {
    const hosts = hostsOf(files).map(([name, own]): Host => {
      const firewall = readHostFirewall(name, own);
      return {
        kind: "host",
        id: name,
        name,
        tags: {},
        interfaces: [],
        firewall,
        system: "linux",
        running: true,
        origin: firewall.origin,
      };
    });
    return {
      hosts: new Map(hosts.map((host) => [host.id, host])),
      unknowns: hosts.flatMap((host) => host.firewall?.unknowns ?? []),
    };
  },
};

/** Files by host: those of one folder together, under the folder's name; a file of its own under its own. */
function hostsOf(files: readonly SourceFile[]): [name: string, files: SourceFile[]][] {
  const folders = new Map<string, SourceFile[]>();
  for (const file of files) {
    const folder = file.path.slice(0, Math.max(0, file.path.lastIndexOf("/")));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const taken = new Set<string>();
  return [...folders].map(([folder, own]) => {
    const name = hostName(folder, own);
    const unique = taken.has(name) && folder !== "" ? folder : name;
    taken.add(unique);
    return [unique, own];
  });
}

/** File names that say what the file is, and nothing of whose it is. */
const plainName =
  /^(?:ip6?tables(?:[._-]save)?|ipset|ip-?6?-?(?:route|addr)\w*|rules|firewall|routes?|addr\w*|dump|save)?$/i;

function hostName(folder: string, files: readonly SourceFile[]): string {
  const inFolder = folder.split("/").findLast((part) => part !== "" && part !== "." && part !== "..");
  const [only] = files;
  if (files.length === 1 && only !== undefined) {
    const base = baseName(only.path);
    if (!plainName.test(base)) return base;
  }
  return inFolder ?? (baseName(only?.path ?? "") || "host");
}

function baseName(path: string): string {
  const file = path.split("/").at(-1) ?? "";
  return (
    file.replace(/(?:[._-]ip6?tables(?:[._-]save)?|\.(?:txt|rules|save|dump|conf|log|v4|v6))+$/i, "") || file
  );
}

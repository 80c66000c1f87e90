// From a path to an estate: finds the files, lets each reader read its own, joins their parts, and attaches host
// firewalls where a drawing says so.
import { basename, dirname, join, matchesGlob, relative, resolve } from "node:path";
import { mergeEstate } from "../estate/merge.ts";
import type { Estate, EstatePart, Host } from "../estate/model.ts";
import { Problem, type Unknown } from "../problem.ts";
import { closest } from "../closest.ts";
import { diskTree, isBystander, type SourceTree } from "./files.ts";
import { readerOf } from "./recognise.ts";
import type { Reader, SourceFile } from "./reader.ts";
import type { Attachment, FirewallSource, RingwallDrawing } from "./ringwall/reader.ts";

/** The file that makes a folder an estate of its own. */
const drawingName = "ringwall.yaml";

/**
 * Reads an estate: a folder with `ringwall.yaml`, any folder of exports, or one file.
 *
 * @param path as the user wrote it; origins are shown relative to it
 * @param tree where its files are: the disk, or a revision of a repository
 * @throws Problem for what can't be read: file, line, what was expected
 * @example const estate = await loadEstate("examples/three-tier");
 */
export async function loadEstate(path: string, tree: SourceTree = diskTree): Promise<Estate> {
  const name = basename(resolve(path));
  if (!tree.isFolder(path)) {
    const file = tree.openFile(path);
    const reader = await readerOf(file);
    if (reader === undefined) throw unrecognised(path);
    if (reader.format === "ringwall") return loadDrawing(name, file, tree);
    return mergeEstate(name, [reader.read([file], tree), sourcesOf([file])]);
  }
  const paths = tree.filesBelow(path);
  const drawing = join(path, drawingName);
  if (paths.includes(drawing)) return loadDrawing(name, tree.openFile(drawing), tree);
  const { parts, read } = await readAll(paths, tree);
  if (read === 0) throw unrecognised(path);
  return mergeEstate(name, parts);
}

function unrecognised(path: string): Problem {
  return new Problem("unrecognised", `${path} holds nothing that Ringwall reads`, {
    remedy:
      "it reads aws ec2 describe-* JSON, terraform show -json, CloudFormation templates, iptables-save, nft -j list ruleset, Kubernetes YAML or JSON, and ringwall.yaml",
  });
}

function sourcesOf(files: readonly SourceFile[]): EstatePart {
  return { sources: files.map((file) => file.path) };
}

/** Reads files of any formats; those of one format together. What no reader recognises is reported. */
async function readAll(
  paths: readonly string[],
  tree: SourceTree,
): Promise<{ parts: EstatePart[]; read: number }> {
  const groups = new Map<Reader, SourceFile[]>();
  const unknowns: Unknown[] = [];
  let read = 0;
  for (const path of paths.filter((candidate) => !isBystander(candidate))) {
    const file = tree.openFile(path);
    const reader = await readerOf(file);
    if (reader === undefined) {
      unknowns.push({
        origin: { file: path, line: 1 },
        what: "a file of a format that Ringwall does not know",
        effect: "left out",
      });
      continue;
    }
    read += 1;
    groups.set(reader, [...(groups.get(reader) ?? []), file]);
  }
  const parts = [...groups].map(([reader, files]) => reader.read(files, tree));
  return { parts: [...parts, sourcesOf([...groups.values()].flat()), { unknowns }], read };
}

async function loadDrawing(name: string, file: SourceFile, tree: SourceTree): Promise<Estate> {
  const { parseRingwall } = await import("./ringwall/reader.ts");
  const drawing = parseRingwall(file);
  const paths = await sourcePaths(file, drawing, tree);
  const { parts } = await readAll(paths, tree);
  const estate = mergeEstate(name, [drawing.part, ...parts, sourcesOf([file])]);
  const hosts = new Map(estate.hosts);
  const unknowns = [...estate.unknowns];
  const sources = new Set(estate.sources);
  for (const attachment of drawing.attachments) {
    const host = hostFor(estate, attachment);
    const firewall = await readFirewall(host.name, file, attachment.firewall, tree);
    if (firewall !== undefined) unknowns.push(...firewall.unknowns);
    for (const source of attachment.firewall)
      if (source.kind === "file") sources.add(join(dirname(file.path), source.path));
    hosts.set(host.id, {
      ...host,
      ...(firewall === undefined ? {} : { firewall }),
      ...(attachment.system === undefined ? {} : { system: attachment.system }),
      ...(attachment.listens === undefined ? {} : { listens: attachment.listens }),
    });
  }
  return { ...estate, hosts, unknowns, sources: [...sources] };
}

async function sourcePaths(file: SourceFile, drawing: RingwallDrawing, tree: SourceTree): Promise<string[]> {
  const folder = dirname(file.path);
  if (drawing.sources.length === 0) return [];
  const all = tree.filesBelow(folder);
  const chosen = new Set<string>();
  for (const source of drawing.sources) {
    const pattern = source.pattern.replace(/^\.\//, "").replace(/\/$/, "");
    const matched = all.filter((path) => {
      const own = relative(folder, path).replaceAll("\\", "/");
      return (
        path !== file.path && (own === pattern || own.startsWith(`${pattern}/`) || matchesGlob(own, pattern))
      );
    });
    if (matched.length === 0) {
      throw new Problem("unreadable", `no file matches “${source.pattern}”`, {
        origin: source.origin,
        remedy: `paths are relative to ${folder}`,
      });
    }
    for (const path of matched) chosen.add(path);
  }
  return [...chosen].toSorted();
}

function hostFor(estate: Estate, attachment: Attachment): Host {
  const own = estate.hosts.get(attachment.host);
  if (own !== undefined) return own;
  const named = [...estate.hosts.values()].filter((host) => host.name === attachment.host);
  const [host] = named;
  if (host !== undefined && named.length === 1) return host;
  const near = closest(
    attachment.host,
    [...estate.hosts.values()].flatMap((item) => [item.id, item.name]),
  );
  throw new Problem(
    "reference",
    named.length > 1
      ? `${named.length} hosts are called “${attachment.host}”`
      : `no source describes a host “${attachment.host}”`,
    {
      origin: attachment.origin,
      remedy:
        named.length > 1
          ? `say one of the ids ${named.map((item) => item.id).join(", ")}`
          : near === undefined
            ? "check the sources"
            : `did you mean ${near}?`,
    },
  );
}

async function readFirewall(
  name: string,
  from: SourceFile,
  sources: readonly FirewallSource[],
  tree: SourceTree,
): Promise<Host["firewall"]> {
  if (sources.length === 0) return undefined;
  const files: SourceFile[] = [];
  for (const source of sources) {
    files.push(
      source.kind === "inline"
        ? source.file
        : tree.openFile(join(dirname(from.path), source.path), { origin: source.origin }),
    );
  }
  const [first] = files;
  // A dump that stands in the drawing is told by its text: its path is that of the YAML around it.
  const path = sources[0]?.kind === "inline" ? "" : first?.path;
  const reader =
    first === undefined || path === undefined ? undefined : await readerOf({ path, text: first.text });
  if (reader?.format === "nftables")
    return (await import("./nftables/reader.ts")).readNftablesHost(name, files);
  if (reader?.format === "iptables")
    return (await import("./iptables/reader.ts")).readHostFirewall(name, files);
  throw new Problem(
    "unrecognised",
    "a host's firewall is an iptables-save or nft -j dump; this is neither",
    sources[0] === undefined ? {} : { origin: sources[0].origin },
  );
}

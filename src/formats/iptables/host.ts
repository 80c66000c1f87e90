// Puts the files of one Linux host together into its firewall: both families' dumps, its sets, routes and addresses.
// Others call it too: an instance or a hand-drawn host that names a folder of such files.
import { type HostFirewall, type HostRoute, type LocalAddress, type Table } from "../../layers/host/model.ts";
import { originText, Problem, type Unknown } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";
import { parseIpAddr } from "./ip-address.ts";
import { parseIpRoute } from "./ip-route.ts";
import { parseIpsetSave, type IpSet } from "./ipset.ts";
import { recogniseHostText, type HostText } from "./recognise.ts";
import { parseIptablesSave } from "./save.ts";

/**
 * @throws Problem `unrecognised` for a file that is none of the kinds, `reference` where a table or set stands twice
 * @example readHostFirewall("web-1", [{ path: "web-1/rules.v4", text }, { path: "web-1/ipset", text: sets }])
 */
export function readHostFirewall(name: string, files: readonly SourceFile[]): HostFirewall {
  const kinds = new Map(files.map((file) => [file, kindOf(file)]));
  const ofKind = (kind: HostText): SourceFile[] => files.filter((file) => kinds.get(file) === kind);
  const [first] = files;
  if (first === undefined) throw new Problem("usage", `no file was given for the firewall of ${name}`);

  const unknowns: Unknown[] = [];
  const sets = new Map<string, IpSet>();
  for (const file of ofKind("ipset")) {
    const read = parseIpsetSave(file);
    unknowns.push(...read.unknowns);
    for (const [setName, ipSet] of read.sets) {
      refuseSecond(`set ${setName}`, sets.get(setName), ipSet);
      sets.set(setName, ipSet);
    }
  }
  const tables = new Map<string, Table>();
  for (const file of ofKind("iptables-save")) {
    const read = parseIptablesSave(file, { sets });
    unknowns.push(...read.unknowns);
    for (const table of read.tables) {
      const key = `${table.family} ${table.name}`;
      refuseSecond(`table ${table.name} of IPv${table.family === "ip" ? 4 : 6}`, tables.get(key), table);
      tables.set(key, table);
    }
  }
  const routes: HostRoute[] = [];
  for (const file of ofKind("routes")) {
    const read = parseIpRoute(file);
    routes.push(...read.routes);
    unknowns.push(...read.unknowns);
  }
  const addresses: LocalAddress[] = ofKind("addresses").flatMap((file) => parseIpAddr(file).addresses);
  return {
    name,
    tables: [...tables.values()],
    addresses,
    routes,
    unknowns,
    origin: [...tables.values()][0]?.origin ?? { file: first.path, line: 1 },
  };
}

function kindOf(file: SourceFile): HostText {
  const kind = recogniseHostText(file);
  if (kind !== undefined) return kind;
  throw new Problem("unrecognised", "this is no iptables-save dump, ipset save, ip route or ip addr", {
    origin: { file: file.path, line: 1 },
    remedy: "a dump begins with a table line such as *filter; put a # before remarks that stand over it",
  });
}

function refuseSecond(
  what: string,
  before: Pick<Table, "origin"> | undefined,
  now: Pick<Table, "origin">,
): void {
  if (before === undefined) return;
  throw new Problem("reference", `${what} stands twice: first at ${originText(before.origin)}`, {
    origin: now.origin,
    remedy:
      "a folder is one host: give each host's dumps a folder of their own, and each host one dump a family",
  });
}

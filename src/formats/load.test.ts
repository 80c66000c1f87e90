// What the loader does with a drawing's own files: a host's firewall written into the YAML is read like one beside it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadEstate } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "ringwall-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dump = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n";

test("a firewall dump as a block of text is read, and its rules keep their lines in the YAML", async () => {
  const path = join(folder, "ringwall.yaml");
  const block = dump.replaceAll(/^/gm, "      ").trimEnd();
  writeFileSync(
    path,
    `ringwall: 1\nnetworks: { shop: { prefix: 10.0.0.0/16 } }\nsubnets: { web: { prefix: 10.0.1.0/24 } }\nhosts:\n  web:\n    address: 10.0.1.10\n    firewall: |\n${block}\n`,
  );
  const { hosts } = await loadEstate(path);
  const [table] = hosts.get("web")?.firewall?.tables ?? [];
  expect(table?.chains.get("INPUT")?.rules.map((rule) => rule.origin.line)).toEqual([10]);
});

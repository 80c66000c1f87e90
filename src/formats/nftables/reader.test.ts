// Which files are nft's, and which hosts they make.
import { expect, test } from "vitest";
import { nftablesReader, readNftablesHost } from "./reader.ts";
import { problemOf, table } from "./testing/exports.ts";

const empty = { path: "web-1.json", text: '{"nftables": []}' };

test("the reader knows its files by their beginning and names hosts by file or folder", () => {
  expect(nftablesReader.recognises({ path: "x", text: '\uFEFF{ "nftables": [' })).toBe(true);
  expect(nftablesReader.recognises({ path: "x", text: '{"Vpcs": []}' })).toBe(false);
  const { hosts } = nftablesReader.read([empty, { ...empty, path: "estate/db-1/ruleset.json" }]);
  expect([...(hosts?.values() ?? [])].map((host) => [host.id, host.kind, host.firewall?.tables])).toEqual([
    ["web-1", "host", []],
    ["db-1", "host", []],
  ]);
});

test("two exports of one host are refused by name", () => {
  const problem = problemOf(() => nftablesReader.read([empty, { ...empty, path: "b/web-1.json" }]));
  expect(problem.message).toMatch(/web-1/);
  const twice = { path: "a.json", text: JSON.stringify({ nftables: [table] }) };
  expect(problemOf(() => readNftablesHost("h", [twice, { ...twice, path: "b.json" }])).message).toMatch(
    /inet filter/,
  );
});

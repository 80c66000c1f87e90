// The connection lists that another analyser expects of sixty-three clusters, against ours.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allowedConnections } from "../../layers/network-policy/connlist.ts";
import { exceptions, expectedReport, joined, ourReport, present, root } from "./testing/connection-lists.ts";

describe.runIf(present)("the connection lists of netpol-analyzer's cases", () => {
  const folders = present ? readdirSync(root).sort() : [];

  test.each(folders.filter((folder) => !Object.hasOwn(exceptions, folder)))("%s", (name) => {
    const folder = new URL(`${name}/`, root);
    const expected = expectedReport(readFileSync(new URL("expected.connlist.txt", folder), "utf8"));
    const ours = ourReport(folder, (part) => (from, to) => allowedConnections(part.policies ?? [], from, to));
    expect(joined(ours)).toEqual(joined(expected));
  });

  test("at least 98 of 100 are equal, and every exception has its reason", () => {
    const named = Object.entries(exceptions);
    expect(named.every(([folder, reason]) => folders.includes(folder) && reason.length > 20)).toBe(true);
    expect(folders.length - named.length).toBeGreaterThanOrEqual(Math.ceil(folders.length * 0.98));
    expect(folders.length).toBeGreaterThan(60);
  });
});

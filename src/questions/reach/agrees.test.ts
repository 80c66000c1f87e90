// Reach and trace are two readings of one model: for every estate at hand, random packets between random members of
// classes get the same answer from both. Classes are put to the test with it, since a member is drawn each time.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import type { Estate } from "../../estate/model.ts";
import { readKubernetes } from "../../formats/kubernetes/reader.ts";
import { loadEstate } from "../../formats/load.ts";
import { compareWithTrace } from "./testing/compare.ts";

const examples = new URL("../../../examples/", import.meta.url).pathname;
const outside = new URL("../../../../shared/cases/", import.meta.url).pathname;
const present = existsSync(outside);

/** Folders that are estates: those with a `ringwall.yaml` of their own, or below which none has one and exports stand. */
function estatesUnder(folder: string): string[] {
  if (existsSync(join(folder, "ringwall.yaml"))) return [folder];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap(estatesUnder);
}

describe("reach answers what a trace answers", () => {
  test.each(estatesUnder(examples).map((path) => path.slice(examples.length)))(
    "examples/%s",
    { timeout: 60_000 },
    async (name) => {
      const found = compareWithTrace(await loadEstate(join(examples, name)), 400);
      expect(found.asked).toBeGreaterThan(0);
      expect(found.differences).toEqual([]);
    },
  );

  describe.skipIf(!present)(
    "on exports that nobody here wrote (outside cases, absent from a clone alone)",
    () => {
      const folders = present
        ? [
            ...readdirSync(join(outside, "aws/batfish")).map((name) => `aws/batfish/${name}`),
            ...readdirSync(join(outside, "aws/np-guard/input")).map((name) => `aws/np-guard/input/${name}`),
          ].toSorted()
        : [];

      test.each(folders)("%s", { timeout: 60_000 }, async (name) => {
        const found = compareWithTrace(await loadEstate(join(outside, name)), 600);
        expect(found.differences).toEqual([]);
        // Both answers occur, or the comparison says little.
        expect(found.byAnswer.allowed).toBeGreaterThan(0);
        expect(found.byAnswer.denied).toBeGreaterThan(0);
      });

      test("Kubernetes: the clusters of netpol-analyzer", { timeout: 240_000 }, () => {
        const root = join(outside, "kubernetes/netpol-analyzer");
        const totals = { allowed: 0, denied: 0, depends: 0 };
        for (const [seed, name] of readdirSync(root).toSorted().entries()) {
          const found = compareWithTrace(clusterOf(root, name), 60, seed);
          expect({ name, differences: found.differences }).toEqual({ name, differences: [] });
          for (const answer of ["allowed", "denied", "depends"] as const)
            totals[answer] += found.byAnswer[answer];
        }
        expect(Math.min(totals.allowed, totals.denied, totals.depends)).toBeGreaterThan(100);
      });
    },
  );
});

function clusterOf(root: string, name: string): Estate {
  const folder = join(root, name);
  const files = readdirSync(folder)
    .filter((file) => /\.(?:ya?ml|json)$/.test(file) && !/^(?:expected|connlist_output)/.test(file))
    .map((file) => ({ path: file, text: readFileSync(join(folder, file), "utf8") }));
  return mergeEstate(name, [readKubernetes(files, { hostNetworkPods: "pod" }).part]);
}

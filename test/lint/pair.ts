// A planted mistake and its mended twin: what the tables in this folder are made of, and how the suite reads them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Estate } from "../../src/estate/model.ts";
import { loadEstate } from "../../src/formats/load.ts";

export interface Pair {
  /** Number of the check that has to find it. */
  readonly check: `RW${number}`;
  /** Id or name of the subject that it has to be found at. */
  readonly at: string;
  /** The mistake, in a few words: the name of the test. */
  readonly mistake: string;
  readonly wrong: () => Promise<Estate>;
  readonly mended: () => Promise<Estate>;
}

/**
 * A pair from one text: the wrong estate, and what is written otherwise in the mended one.
 * The text is a `ringwall.yaml` (its first line, `ringwall: 1`, is put in front) unless a file name says otherwise.
 *
 * @example planted("RW101", "web-sg", "ssh for the world", drawing, { "tcp 22 from anywhere": "tcp 22 from office" })
 */
export function planted(
  check: Pair["check"],
  at: string,
  mistake: string,
  text: string,
  mend: Readonly<Record<string, string>>,
  file = "ringwall.yaml",
): Pair {
  const whole = file === "ringwall.yaml" ? `ringwall: 1\n${text}` : text;
  const mended = (): string => {
    let result = whole;
    for (const [from, to] of Object.entries(mend)) {
      if (!result.includes(from))
        throw new Error(`${check} ${mistake}: “${from}” does not stand in the estate`);
      result = result.replaceAll(from, to);
    }
    return result;
  };
  return { check, at, mistake, wrong: () => load(file, whole), mended: () => load(file, mended()) };
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A pair of the examples: folders below `examples/`. */
export function example(
  check: Pair["check"],
  at: string,
  mistake: string,
  wrong: string,
  mended: string,
): Pair {
  const open = (folder: string) => () => loadEstate(join(root, "examples", folder));
  return { check, at, mistake, wrong: open(wrong), mended: open(mended) };
}

async function load(file: string, text: string): Promise<Estate> {
  const folder = mkdtempSync(join(tmpdir(), "ringwall-lint-"));
  const path = join(folder, file);
  writeFileSync(path, text);
  try {
    return await loadEstate(path);
  } finally {
    rmSync(dirname(path), { recursive: true, force: true });
  }
}

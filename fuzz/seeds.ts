// The inputs that mutation starts from: the small hand-written ones of seeds/, and the project's examples where small.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const own = new URL("seeds/", import.meta.url);
const examples = new URL("../examples/", import.meta.url).pathname;

export function seedText(name: string): string {
  return readFileSync(new URL(name, own), "utf8");
}

/** A line an input; blanks do not count, lines with # are comments. `head` is a number before the bytes. */
export function seedFrames(name: string): { readonly head: number; readonly bytes: Uint8Array }[] {
  return hexLines(name).map((line) => {
    const [head = "", ...rest] = line.split(" ");
    return { head: Number(head), bytes: Buffer.from(rest.join(""), "hex") };
  });
}

export function seedFiles(name: string): Uint8Array[] {
  return hexLines(name).map((line) => Buffer.from(line.replaceAll(" ", ""), "hex"));
}

function hexLines(name: string): string[] {
  return seedText(name)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Texts of the examples whose names end so; large ones would only make every run slower. */
export function exampleTexts(ending: string, mostBytes = 6000): string[] {
  return readdirSync(examples, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(examples, name))
    .filter((path) => statSync(path).size <= mostBytes)
    .toSorted()
    .map((path) => readFileSync(path, "utf8"));
}

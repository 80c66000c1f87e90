// The lines of a text file with their numbers, and the checks that hold for every text format here: no NUL bytes, one
// kind of line end or the other.
import { Problem } from "../../problem.ts";
import type { SourceFile } from "../reader.ts";

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end; blanks at its ends are kept, so that columns hold. */
  readonly text: string;
}

/** @throws Problem `syntax` for a NUL byte: a binary file, or one that was torn while it was written */
export function* linesOf(file: SourceFile): Generator<Line> {
  const text = file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text;
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const before = text.slice(0, nul);
    const line = before.split("\n").length;
    throw new Problem("syntax", "a NUL byte stands here: this is no text, or it was damaged", {
      origin: { file: file.path, line, column: nul - before.lastIndexOf("\n") },
      remedy: "export it again",
    });
  }
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    yield { number, text: line.endsWith("\r") ? line.slice(0, -1) : line };
  }
}

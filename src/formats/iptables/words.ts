// Splits a line into words as iptables-restore and ipset restore do: blanks part words, double quotes hold them
// together, a backslash inside quotes takes the next character as it is. Single quotes mean nothing to either tool.
import { Problem, type Origin } from "../../problem.ts";

export interface Words {
  readonly words: readonly string[];
  /** Indexes of the words that were quoted, so that `--comment "!"` is not taken for a negation. */
  readonly quoted: ReadonlySet<number>;
}

const noneQuoted: ReadonlySet<number> = new Set();

/** @throws Problem `syntax` where a quote is left open */
export function splitWords(line: string, origin: Origin): Words {
  if (!line.includes('"')) {
    const words = line.includes("\t") || line.includes("  ") ? line.split(/[ \t]+/) : line.split(" ");
    return {
      words: words.at(-1) === "" || words[0] === "" ? words.filter((word) => word !== "") : words,
      quoted: noneQuoted,
    };
  }
  const words: string[] = [];
  const quoted = new Set<number>();
  let word: string | undefined;
  let openedAt = -1;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? "";
    if (openedAt >= 0) {
      if (character === "\\" && at + 1 < line.length) {
        at += 1;
        word = (word ?? "") + (line[at] ?? "");
      } else if (character === '"') openedAt = -1;
      else word = (word ?? "") + character;
    } else if (character === '"') {
      openedAt = at;
      word ??= "";
      quoted.add(words.length);
    } else if (character === " " || character === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (openedAt >= 0) {
    throw new Problem("syntax", "this quote is not closed on its line", {
      origin: { ...origin, column: (origin.column ?? 1) + openedAt },
      remedy: "close it, or write the line as iptables-save prints it",
    });
  }
  if (word !== undefined) words.push(word);
  return { words, quoted };
}

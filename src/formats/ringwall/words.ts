// The words of a rule's text with the place of each, read from left to right. Knows no rule.
import type { ProblemCode } from "../../problem.ts";

/** Says that a word is wrong: `offset` is where it begins in the text. */
export type Fail = (message: string, offset: number, remedy?: string, code?: ProblemCode) => never;

interface Word {
  readonly text: string;
  readonly offset: number;
}

/** Words and commas of a text, read from left to right. */
export class Words {
  readonly words: readonly Word[];
  readonly fail: Fail;
  at = 0;

  constructor(text: string, fail: Fail) {
    this.words = [...text.matchAll(/,|[^\s,]+/g)].map((found) => ({ text: found[0], offset: found.index }));
    this.fail = fail;
  }

  peek(ahead = 0): string | undefined {
    return this.words[this.at + ahead]?.text;
  }

  next(expected: string): Word {
    const word = this.words[this.at];
    if (word === undefined || word.text === ",") return this.refuse(`${expected} was expected here`);
    this.at += 1;
    return word;
  }

  take(text: string): boolean {
    if (this.peek() !== text) return false;
    this.at += 1;
    return true;
  }

  refuse(message: string, remedy?: string): never {
    const word = this.words[this.at];
    const last = this.words.at(-1);
    const end = last === undefined ? 0 : last.offset + last.text.length;
    return this.fail(
      word === undefined ? `${message}, but the rule ends` : `${message}, not “${word.text}”`,
      word?.offset ?? end,
      remedy,
    );
  }

  end(expected: string): void {
    if (this.at < this.words.length) this.refuse(`${expected} was expected`);
  }
}

// Names as codes: the interfaces or endpoints that a question tells apart, and one code for all that it does not.
import { fromPairs, numberDomain, type NumberSet } from "../packet/intervals.ts";
import { Problem } from "../problem.ts";

/** What a code stands for: one name, every other name that begins so, or whatever is left. */
export type Name =
  | { readonly kind: "one"; readonly name: string }
  | { readonly kind: "beginning"; readonly name: string }
  | { readonly kind: "other" };

export class Names {
  /** By code; the last one, “other”, has all codes from its own on. */
  readonly codes: readonly Name[];
  readonly #what: string;

  /**
   * @param what what is named, for problems: `interface`
   * @param names those to be told apart; one that ends in `+` stands for all that begin so
   */
  constructor(what: string, names: readonly string[]) {
    this.#what = what;
    // A beginning of nothing is every name: nothing is told apart by it.
    const distinct = [...new Set(names)].filter((name) => name !== "+").sort();
    this.codes = [
      ...distinct.filter((name) => !name.endsWith("+")).map((name) => ({ kind: "one", name }) as const),
      ...distinct
        .filter((name) => name.endsWith("+"))
        .map((name) => ({ kind: "beginning", name: name.slice(0, -1) }) as const),
      { kind: "other" },
    ];
  }

  /** The code of a name that a packet has: one that nothing tells apart has that of its longest beginning, or of “other”. */
  codeOf(name: string | undefined): number {
    let best = this.codes.length - 1;
    if (name === undefined) return best;
    let longest = -1;
    for (const [code, known] of this.codes.entries()) {
      if (known.kind === "one" && known.name === name) return code;
      if (known.kind === "beginning" && name.startsWith(known.name) && known.name.length > longest)
        [best, longest] = [code, known.name.length];
    }
    return best;
  }

  /** A name that a packet with this code could have. */
  exampleOf(code: number): string {
    const wanted = Math.min(code, this.codes.length - 1);
    const known = this.codes[wanted];
    if (known?.kind === "one") return known.name;
    const stems = known?.kind === "beginning" ? [known.name] : ["eth", "wan", "other", "x", ""];
    for (const stem of stems)
      for (let number = 0; number <= this.codes.length; number += 1)
        if (this.codeOf(`${stem}${number}`) === wanted) return `${stem}${number}`;
    return "";
  }

  codesOf(names: readonly Name[]): readonly number[] {
    return names.map((name) => this.codes.indexOf(name));
  }

  /** The codes that a test of a name, or of a beginning, holds for. @throws Problem where the space does not know it */
  test(name: string, prefix: boolean): readonly number[] {
    if (prefix && name === "") return this.codes.map((_, code) => code);
    const kind = prefix ? "beginning" : "one";
    if (!this.codes.some((known) => known.kind === kind && known.name === name))
      throw new Problem(
        "meaning",
        `the space of this question does not tell ${this.#what} “${name}${prefix ? "+" : ""}” apart`,
        {
          remedy: `name it among the ${this.#what}s when the space is made`,
        },
      );
    const found: number[] = [];
    for (const [code, known] of this.codes.entries())
      if (
        known.kind !== "other" &&
        (prefix ? known.name.startsWith(name) : known.kind === "one" && known.name === name)
      )
        found.push(code);
    return found;
  }

  /** Codes as the numbers that their variables hold. */
  numbers(codes: readonly number[], bits: number): NumberSet {
    const last = 2 ** bits - 1;
    const other = this.codes.length - 1;
    return fromPairs(
      numberDomain(last),
      codes.map((code) => [code, code === other ? last : code] as const),
    );
  }
}

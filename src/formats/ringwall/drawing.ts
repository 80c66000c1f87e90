// What the parts of the lowering share: the checked file with its places, the names it gives, and the errors found so
// far. Every mistake is collected, so that the first by position can be the one that is told.
import { Problem, type Origin, type ProblemCode } from "../../problem.ts";
import { closest } from "../../closest.ts";
import type { Path, YamlDocument } from "./document.ts";
import type { Fail } from "./words.ts";
import type { RingwallFile } from "./schema.ts";
import { byPosition } from "./structure.ts";

/** The kinds of things that others of the file are made from. */
export type Kind = "name" | "network" | "subnet" | "place" | "gateway" | "packet filter";

interface Mistake {
  readonly problem: Problem;
  /** It may be there only because something else could not be made, and that is the one to tell. */
  readonly follows: boolean;
}

export class Drawing {
  readonly document: YamlDocument;
  readonly file: RingwallFile;
  readonly #mistakes: Mistake[] = [];
  /** Kinds of things of which one could not be made. */
  readonly #broken = new Set<Kind>();

  constructor(document: YamlDocument, file: RingwallFile) {
    this.document = document;
    this.file = file;
  }

  /**
   * Runs one piece of the lowering; a mistake in it is kept for later and the piece is left out.
   * @param makes what is missing when the piece fails
   * @param from what the piece refers to: when that is missing, it is not the reference that is wrong
   */
  attempt<T>(piece: () => T, makes?: Kind, from: readonly Kind[] = []): T | undefined {
    try {
      return piece();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#mistakes.push({
        problem: error,
        follows: error.code === "reference" && from.some((kind) => this.#broken.has(kind)),
      });
      if (makes !== undefined) this.#broken.add(makes);
      return undefined;
    }
  }

  /** @throws Problem the first mistake by position that does not follow from another, where there was one */
  finish(): void {
    const [first] = this.#mistakes.toSorted(
      (a, b) => Number(a.follows) - Number(b.follows) || byPosition(a.problem.origin, b.problem.origin),
    );
    if (first !== undefined) throw first.problem;
  }

  /** Errors within a string: at its own column where the text stands as it is, else at the string's beginning. */
  failAt(path: Path): Fail {
    return (message, offset, remedy, code = "meaning") => {
      const origin = this.document.valueAt(path);
      const column = this.document.columnsHold(path) ? (origin.column ?? 1) + offset : origin.column;
      throw new Problem(code, message, {
        origin: column === undefined ? origin : { ...origin, column },
        ...(remedy === undefined ? {} : { remedy }),
      });
    };
  }

  refuse(code: ProblemCode, message: string, origin: Origin, remedy?: string): never {
    throw new Problem(code, message, { origin, ...(remedy === undefined ? {} : { remedy }) });
  }

  /** The thing that a name stands for, or an error that suggests what was meant. */
  named<T>(kind: string, things: ReadonlyMap<string, T>, name: string, path: Path, offset = 0): T {
    const thing = things.get(name);
    if (thing !== undefined) return thing;
    const near = closest(name, things.keys());
    const remedy =
      near !== undefined
        ? `did you mean “${near}”?`
        : things.size === 0
          ? `this file has no ${kind}`
          : `there is ${[...things.keys()].slice(0, 8).join(", ")}`;
    return this.failAt(path)(`there is no ${kind} “${name}”`, offset, remedy, "reference");
  }
}

/** A value that may be one or a list, as a list with the path of each. */
export function many<T>(value: T | readonly T[] | undefined, path: Path): { value: T; path: Path }[] {
  if (value === undefined) return [];
  return isList(value) ? value.map((item, at) => ({ value: item, path: [...path, at] })) : [{ value, path }];
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** The entries of a section in the order of the file. */
export function entries<T>(section: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(section ?? {});
}

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Names are words that a rule can hold: letters, digits, “_”, “.” and “-”. */
export function checkName(drawing: Drawing, kind: string, name: string, path: Path): void {
  if (!namePattern.test(name))
    drawing.refuse(
      "meaning",
      `“${name}” can't be the name of a ${kind}: letters, digits, “_”, “.” and “-” were expected`,
      drawing.document.keyAt(path),
    );
}

// The one way Ringwall says that something is wrong: an error with a stable code, the place it came from and
// what to do about it; and beside it the unknown, for what a reader did not understand but could leave aside.

/** Where something was written: file and line (from 1), the column where it helps, and the vendor's own name for it. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** The vendor's own identifier: `sgr-0a1…`, `rule 100`, `filter INPUT 7`, `handle 12`. */
  readonly id?: string;
}

/**
 * What went wrong, as a stable word:
 * - `usage`: the command line is not one that Ringwall has
 * - `unreadable`: a file or folder can't be read
 * - `unrecognised`: the format of the input is none that Ringwall reads
 * - `syntax`: the input breaks its own format
 * - `meaning`: well formed, and still impossible (a prefix of length 33, a chain that calls itself)
 * - `reference`: something names a thing that is not there, or two things have one name
 * - `unanswerable`: the question can't be asked of this estate
 * - `limit`: answering would outgrow a bound; the remedy says how to narrow it
 * - `remote`: another service refused or failed
 */
export type ProblemCode =
  | "usage"
  | "unreadable"
  | "unrecognised"
  | "syntax"
  | "meaning"
  | "reference"
  | "unanswerable"
  | "limit"
  | "remote";

/**
 * The only error that Ringwall throws on purpose. The command line prints it as
 * `file:line:column: message` and its remedy, and ends with status 2.
 *
 * @example throw new Problem("meaning", "prefix length 33 is over 32", { origin, remedy: "use /32 for one address" });
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly origin: Origin | undefined;
  readonly remedy: string | undefined;

  constructor(
    code: ProblemCode,
    message: string,
    about: { readonly origin?: Origin; readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = "Problem";
    this.code = code;
    this.origin = about.origin;
    this.remedy = about.remedy;
  }
}

/** Something that a reader did not understand: kept with its origin and reported with every answer it could touch. */
export interface Unknown {
  readonly origin: Origin;
  /** What stood there, in the input's own words. */
  readonly what: string;
  /** What Ringwall takes it for: "matched or not, can't be known", "ignored: no bearing on packets". */
  readonly effect: string;
}

/** An origin as people click it: `file:line` or `file:line:column`, without the vendor's id. */
export function originText(origin: Origin): string {
  const column = origin.column === undefined ? "" : `:${origin.column}`;
  return `${origin.file}:${origin.line}${column}`;
}

// What a verb of the command line is. One file a verb; main.ts finds it by name.
import type { ParseArgsConfig } from "node:util";

/** Where a verb reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Colour is for terminals only (and never with NO_COLOR). */
  readonly colour: boolean;
  /** Progress is shown where standard error is a terminal. */
  readonly progress: boolean;
  readonly columns: number;
}

export type OptionTable = NonNullable<ParseArgsConfig["options"]>;
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Verb {
  /** One line for the list of verbs. */
  readonly summary: string;
  /** The whole help text, options and examples included. */
  readonly help: string;
  readonly options: OptionTable;
  /** The exit status: 0 fine, 1 the answer is no. Trouble with the input is a thrown Problem, and status 2. */
  readonly run: (positionals: readonly string[], options: OptionValues, terminal: Terminal) => Promise<0 | 1>;
}

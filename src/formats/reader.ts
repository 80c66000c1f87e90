// What a reader of a format is: it says whether a file is its own, and turns files into a part of an estate.
import type { EstatePart } from "../estate/model.ts";

/** A file as it was found: its path as the user would write it, and its text. */
export interface SourceFile {
  /** As people see it in origins: relative to where they stand, or as they gave it. */
  readonly path: string;
  readonly text: string;
}

/** What lies beside the files of a format: sources that they were made from, for their places alone. */
export interface Beside {
  /** The files in a folder itself; none where there is no such folder. */
  readonly filesIn: (folder: string) => readonly string[];
  readonly openFile: (path: string) => SourceFile;
}

export interface Reader {
  /** `aws`, `iptables`, `nftables`, `kubernetes`, `ringwall`, `terraform`. */
  readonly format: string;
  /** Whether a file looks like this format; by its beginning, never by parsing it whole. */
  readonly recognises: (file: SourceFile) => boolean;
  /**
   * Reads all files of the format together, since one export is often many files.
   * @param beside for formats whose files were made from others; readers work without it
   * @throws Problem for what is broken: file, line, what was expected
   */
  readonly read: (files: readonly SourceFile[], beside?: Beside) => EstatePart;
}

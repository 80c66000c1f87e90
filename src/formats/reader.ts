// What a reader of a format is: it says whether a file is its own, and turns files into a part of an estate.
import type { EstatePart } from "../estate/model.ts";

/** A file as it was found: its path as the user would write it, and its text. */
export interface SourceFile {
  /** As people see it in origins: relative to where they stand, or as they gave it. */
  readonly path: string;
  readonly text: string;
}

export interface Reader {
  /** `aws`, `iptables`, `nftables`, `kubernetes`, `ringwall`. */
  readonly format: string;
  /** Whether a file looks like this format; by its beginning, never by parsing it whole. */
  readonly recognises: (file: SourceFile) => boolean;
  /**
   * Reads all files of the format together, since one export is often many files.
   * @throws Problem for what is broken: file, line, what was expected
   */
  readonly read: (files: readonly SourceFile[]) => EstatePart;
}

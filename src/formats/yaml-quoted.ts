// Quoted text that goes on over lines which are not indented: YAML forbids it, and yet kubectl's parser takes it, and
// network definitions are commonly written so. The lines are indented, which changes neither text nor line numbers.

/** The opening of a quoted value that its own line does not close: `  config: '{`. */
const opening = /^(\s*)(?:- +)?(?:["']?[\w./-]+["']?: +)?(['"])/;

/**
 * The text with the quoted value that breaks off at `offset` indented to its end; undefined where none does so.
 * `offset`: where the YAML parser missed the closing quote.
 */
export function indentQuoted(text: string, offset: number): string | undefined {
  const lines = text.split("\n");
  const at = text.slice(0, offset).split("\n").length - 1;
  for (let first = Math.min(at, lines.length - 1); first >= 0; first -= 1) {
    const line = lines[first] ?? "";
    const match = opening.exec(line);
    if (match === null) continue;
    const [head, indent = "", quote = '"'] = match;
    if (closes(line.slice(head.length), quote)) continue;
    return indentFrom(lines, first, `${indent}  `, quote);
  }
  return undefined;
}

function indentFrom(
  lines: readonly string[],
  first: number,
  indent: string,
  quote: string,
): string | undefined {
  const indented = [...lines];
  for (let at = first + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(line)) return undefined;
    if (line.trim() !== "") indented[at] = indent + line;
    if (closes(line, quote)) return indented.join("\n");
  }
  return undefined;
}

/** Whether the quote is closed within the line; doubled single quotes and escaped double ones are text. */
function closes(line: string, quote: string): boolean {
  return quote === "'" ? line.replaceAll("''", "").includes("'") : line.replaceAll(/\\./g, "").includes('"');
}

// Refuses YAML that is nested beyond sense before it is parsed in earnest: the yaml package recurses for each level and
// needs time that grows with a power of the depth, so a crafted file of some kilobytes would crash or hold it up.
import { CST, Lexer, Parser } from "yaml";
import { Problem } from "../problem.ts";

/** No manifest and no drawing has a quarter of it. */
const deepest = 200;

/** What the lexer gives that is not in the text: where a document begins, flow ends, a scalar begins. */
const marks: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/**
 * @param path the file's name, for the message
 * @throws Problem `limit` at the place where the nesting passes the bound
 */
export function refuseDeepYaml(path: string, text: string): void {
  if (!mayBeDeep(text)) return;
  const parser = new Parser();
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) {
      // Only the depth is of interest, and it is kept in the parser's stack.
    }
    if (!marks.has(lexeme)) offset += lexeme.length;
    if (parser.stack.length > deepest) {
      throw new Problem("limit", `this YAML is nested over ${deepest} deep`, {
        origin: { file: path, line: text.slice(0, offset).split("\n").length },
        remedy: "look at this line for brackets that nobody closes",
      });
    }
  }
}

/**
 * Whether the text could be nested that deep, at the cost of one pass over its characters: counts brackets that are
 * open, and signs that open a level within one line together with the line's indentation.
 */
function mayBeDeep(text: string): boolean {
  let open = 0;
  let inLine = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x5b: // [
      case 0x7b: // {
        open += 1;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (open > 0) open -= 1;
        break;
      case 0x0a:
        inLine = 0;
        break;
      // Every level of a block takes a column of indentation, or one of these signs.
      case 0x20:
      case 0x2d: // -
      case 0x3f: // ?
      case 0x3a: // :
        inLine += 1;
        break;
      default:
    }
    if (open + inLine > deepest) return true;
  }
  return false;
}

// Fn::Sub: `${Name}`, `${Name.Attribute}` and `${!Literal}` in a text. (Template reference, "Fn::Sub".)
import { Problem, type Origin } from "../../problem.ts";
import { bounded } from "./functions.ts";
import { isNotKnown, notKnown, shown, textValue, type NotKnown, type Value } from "./values.ts";

const variable = /\$\{([^}]*)\}/g;

/**
 * @param lookUp what a name in the text stands for
 * @throws Problem `meaning` where a name stands for a list or map
 */
export function substitute(text: string, lookUp: (name: string) => Value | undefined, origin: Origin): Value {
  let open: NotKnown | undefined;
  const written = text.replaceAll(variable, (whole, inner: string) => {
    if (inner.startsWith("!")) return `\${${inner.slice(1)}}`;
    const name = inner.trim();
    const value = lookUp(name);
    if (isNotKnown(value)) {
      open ??= value;
      return whole;
    }
    if (value?.kind === "text") return value.text;
    throw new Problem("meaning", `Fn::Sub: a text was expected for ${name}, found ${shown(value)}`, {
      origin,
    });
  });
  bounded(written, origin);
  return open === undefined ? textValue(written, origin) : notKnown(open.why, written, origin);
}

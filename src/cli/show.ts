// `ringwall show`: what was read, as a map, and everything that was not understood.
import { loadEstate } from "../formats/load.ts";
import { Problem } from "../problem.ts";
import { choiceOption, flagOption } from "./options.ts";
import { estateJson } from "./render/estate-json.ts";
import { mapText } from "./render/map-text.ts";
import type { Verb } from "./verb.ts";

const help = `ringwall show: the estate as a map: places, rings, and what was not understood

usage: ringwall show ESTATE [--unknowns] [--format text|json]

  --unknowns          list everything that was not understood, not only the first of it
  --format text|json  (default: text)

Exit status: 0 read, 2 unusable input or usage.
`;

export const showVerb: Verb = {
  summary: "the estate as a map: places, rings, and what was not understood",
  help,
  options: { unknowns: { type: "boolean" }, format: { type: "string" } },
  run: async (positionals, options, terminal) => {
    const [path, ...extra] = positionals;
    if (path === undefined || extra.length > 0) {
      throw new Problem("usage", "one estate was expected: a file or folder", {
        remedy: "ringwall show examples/three-tier",
      });
    }
    const format = choiceOption(options, "format", ["text", "json"], "text");
    const estate = await loadEstate(path);
    terminal.write(
      format === "json"
        ? `${JSON.stringify(estateJson(estate), undefined, 2)}\n`
        : mapText(estate, { colour: terminal.colour, unknowns: flagOption(options, "unknowns") }),
    );
    return 0;
  },
};

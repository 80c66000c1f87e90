// `ringwall assert`: the estate's own rules, proved or broken by a packet.
import { loadEstate } from "../formats/load.ts";
import { Problem } from "../problem.ts";
import { checkAssertions } from "../questions/assert.ts";
import { choiceOption, estateArgument } from "./options.ts";
import { assertText } from "./render/assert-text.ts";
import type { Verb } from "./verb.ts";

const help = `ringwall assert: does the estate keep its own rules?

usage: ringwall assert ESTATE [--format text|json|junit]

The rules stand in ringwall.yaml under “assert”: must, mustNot, exactly, only, defaultDeny (docs/ringwall-yaml.md). Each is
proved for all packets, or broken by one that is shown with its trace. What hangs on something unknown is not proved.

  --format F              text (default), json (schemas/assert.schema.json) or junit

Exit status: 0 every rule holds, 1 one does not, 2 unusable input or usage.
`;

export const assertVerb: Verb = {
  summary: "the estate's own “must” and “must not”, proved or broken by a packet",
  help,
  options: { format: { type: "string" } },
  run: async (positionals, options, terminal) => {
    const path = estateArgument(positionals, "ringwall assert examples/three-tier");
    const format = choiceOption(options, "format", ["text", "json", "junit"], "text");
    const estate = await loadEstate(path);
    if ((estate.settings?.assertions ?? []).length === 0) {
      throw new Problem("unanswerable", `${path} has no rules of its own to prove`, {
        remedy: "write them into ringwall.yaml under “assert”: docs/ringwall-yaml.md shows how",
      });
    }
    const answer = checkAssertions(estate);
    switch (format) {
      case "text":
        terminal.write(assertText(answer, terminal.colour));
        break;
      case "json": {
        const { assertJson } = await import("./render/assert-json.ts");
        terminal.write(`${JSON.stringify(assertJson(answer), undefined, 2)}\n`);
        break;
      }
      case "junit":
        terminal.write((await import("./render/assert-junit.ts")).assertJunit(answer));
        break;
    }
    return answer.checked.every((one) => one.holds) ? 0 : 1;
  },
};

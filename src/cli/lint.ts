// `ringwall lint`: the mistakes of an estate, each with a witness and a remedy.
import type { Severity } from "../estate/settings.ts";
import { isAsBad, severities } from "../estate/settings.ts";
import { loadEstate } from "../formats/load.ts";
import { Problem } from "../problem.ts";
import { lint, type Lint } from "../questions/lint.ts";
import { checks } from "../questions/lint/checks.ts";
import type { Check } from "../questions/lint/model.ts";
import { findCheck, nearestCheck } from "../questions/lint/settings.ts";
import { choiceOption, flagOption, textOption, estateArgument } from "./options.ts";
import { checkList, checkText, lintText } from "./render/lint-text.ts";
import type { OptionValues, Terminal, Verb } from "./verb.ts";

const help = `ringwall lint: the mistakes of an estate, each with a witness and a remedy

usage: ringwall lint ESTATE [options]
       ringwall lint --list
       ringwall lint --explain RW101

Every finding is weighed by what can be reached, and every remedy that the program can apply is tried: on the estate as
changed, the finding is gone, nothing as bad is new, and what has to work does.

  --severity S            show findings this bad or worse: critical, high, medium, low, note (default: note)
  --check RW101,NAME,…    run these checks alone
  --fail S                status 1 where a finding is this bad or worse, or never (default: low, or ringwall.yaml's)
  --format text|json|sarif (default: text); the JSON schema is schemas/lint.schema.json, SARIF is 2.1.0
  --list                  every check with its number
  --explain CHECK         what a check looks for, why it matters, and who else says so

ringwall.yaml's key “lint” disables checks, weighs them, and suppresses findings with a reason and a last day.

Exit status: 0 nothing to mend, 1 findings, 2 unusable input or usage.
`;

export const lintVerb: Verb = {
  summary: "mistakes, each with a witness packet and a remedy that was tried",
  help,
  options: {
    severity: { type: "string" },
    check: { type: "string" },
    fail: { type: "string" },
    format: { type: "string" },
    list: { type: "boolean" },
    explain: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    if (flagOption(options, "list")) {
      terminal.write(checkList(checks));
      return 0;
    }
    const explained = textOption(options, "explain");
    if (explained !== undefined) {
      terminal.write(checkText(checkOption(explained), terminal));
      return 0;
    }
    const path = estateArgument(positionals, "ringwall lint examples/three-tier");
    return run(path, options, terminal);
  },
};

async function run(path: string, options: OptionValues, terminal: Terminal): Promise<0 | 1> {
  const format = choiceOption(options, "format", ["text", "json", "sarif"], "text");
  const least = choiceOption(options, "severity", severities, "note");
  const chosen = textOption(options, "check")
    ?.split(",")
    .map((name) => checkOption(name.trim()));
  const estate = await loadEstate(path);
  const found = lint(estate, {
    today: new Date().toISOString().slice(0, 10),
    ...(chosen === undefined ? {} : { only: chosen }),
  });
  const fail =
    textOption(options, "fail") === undefined
      ? found.fail
      : choiceOption(options, "fail", [...severities, "never"], found.fail);
  const shown = { ...found, findings: found.findings.filter((item) => isAsBad(item.severity, least)) };
  terminal.write(await rendered(shown, format, terminal));
  return fails(found, fail) ? 1 : 0;
}

async function rendered(found: Lint, format: "text" | "json" | "sarif", terminal: Terminal): Promise<string> {
  switch (format) {
    case "text":
      return lintText(found, terminal);
    case "json": {
      const { lintJson } = await import("./render/lint-json.ts");
      return `${JSON.stringify(lintJson(found), undefined, 2)}\n`;
    }
    case "sarif": {
      const { lintSarif } = await import("./render/lint-sarif.ts");
      return `${JSON.stringify(lintSarif(found), undefined, 2)}\n`;
    }
  }
}

function fails(found: Lint, fail: Severity | "never"): boolean {
  return fail !== "never" && found.findings.some((item) => isAsBad(item.severity, fail));
}

function checkOption(name: string): Check {
  const check = findCheck(checks, name);
  if (check !== undefined) return check;
  throw new Problem("usage", `there is no check “${name}”`, { remedy: nearestCheck(checks, name) });
}

// `ringwall diff`: what a change newly opens and newly closes, and which connections it cuts.
import { isAsBad, severities } from "../estate/settings.ts";
import type { Estate } from "../estate/model.ts";
import { gitTree, parseRevisionPath } from "../formats/git-tree.ts";
import { loadEstate } from "../formats/load.ts";
import { Problem } from "../problem.ts";
import { diff, type Diff, type FlowChange } from "../questions/diff.ts";
import { choiceOption, textOption } from "./options.ts";
import { diffText } from "./render/diff-text.ts";
import type { OptionValues, Terminal, Verb } from "./verb.ts";

const help = `ringwall diff: what a change opens, closes and cuts, proved for all packets

usage: ringwall diff BEFORE AFTER [options]
       ringwall diff --since REVISION ESTATE [options]

BEFORE and AFTER are folders or files as for every verb, or revisions of a repository, written as git does:
main:infra, HEAD~1:rules.v4. With --since, the working tree is compared with a revision of itself.

Flows are compared end to end, there and back; what is the same is proved the same. Connections that exist while the
change is made are told apart: tracked ones go on until they end, untracked ones and those of stateless rings are cut.

  --since REVISION        compare ESTATE with itself at that revision
  --fail WHAT             status 1 where: any flow changed (default: any), one opened (opened), or one opened at this
                          severity or worse (critical, high, medium, low), or never
  --format F              text (default), markdown (for a pull request), json, sarif or junit;
                          the JSON schema is schemas/diff.schema.json

Exit status: 0 nothing that --fail names, 1 something, 2 unusable input or usage.
`;

const formats = ["text", "markdown", "json", "sarif", "junit"] as const;
const failures = ["any", "opened", ...severities, "never"] as const;
type Failure = (typeof failures)[number];

export const diffVerb: Verb = {
  summary: "what a change opens, closes and cuts, proved for all packets",
  help,
  options: {
    since: { type: "string" },
    fail: { type: "string" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const format = choiceOption(options, "format", formats, "text");
    const failure = choiceOption(options, "fail", failures, "any");
    const sides = sidesOf(positionals, options);
    const before = await load(sides.before);
    const after = await load(sides.after);
    const found = { ...diff(before, after), ...sides };
    terminal.write(await rendered(found, format, failure, terminal));
    return found.changes.some((change) => fails(change, failure)) ? 1 : 0;
  },
};

interface Sides {
  readonly before: string;
  readonly after: string;
}

function sidesOf(positionals: readonly string[], options: OptionValues): Sides {
  const since = textOption(options, "since");
  const [first, second, ...extra] = positionals;
  if (since !== undefined) {
    if (first === undefined || second !== undefined) {
      throw new Problem("usage", "--since compares one estate with itself: name it, and no other", {
        remedy: "ringwall diff --since main infra",
      });
    }
    return { before: `${since}:${first}`, after: first };
  }
  if (first === undefined || second === undefined || extra.length > 0) {
    throw new Problem(
      "usage",
      extra.length > 0 ? `two estates were expected, not also “${extra[0]}”` : "two estates were expected",
      { remedy: "ringwall diff BEFORE AFTER, or ringwall diff --since main infra" },
    );
  }
  return { before: first, after: second };
}

async function load(text: string): Promise<Estate> {
  const revision = parseRevisionPath(text);
  return revision === undefined
    ? loadEstate(text)
    : loadEstate(revision.path, gitTree(revision.revision, revision.path));
}

function fails(change: FlowChange, failure: Failure): boolean {
  if (failure === "never") return false;
  if (failure === "any") return true;
  if (change.kind !== "opened" && change.kind !== "doubtful") return false;
  return failure === "opened" || isAsBad(change.severity, failure);
}

async function rendered(
  found: Diff,
  format: (typeof formats)[number],
  failure: Failure,
  terminal: Terminal,
): Promise<string> {
  switch (format) {
    case "text":
      return diffText(found, terminal.colour);
    case "markdown":
      return (await import("./render/diff-markdown.ts")).diffMarkdown(found);
    case "json": {
      const { diffJson } = await import("./render/diff-json.ts");
      return `${JSON.stringify(diffJson(found), undefined, 2)}\n`;
    }
    case "sarif": {
      const { diffSarif } = await import("./render/diff-sarif.ts");
      return `${JSON.stringify(diffSarif(found), undefined, 2)}\n`;
    }
    case "junit":
      return (await import("./render/diff-junit.ts")).diffJunit(found, (change) => fails(change, failure));
  }
}

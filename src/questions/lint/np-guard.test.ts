// What an independent linter of cloud exports finds, against ours: each of its kinds is found by a check of ours at the same
// place, or is left out for a reason that is written here.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import { awsReader } from "../../formats/aws/reader.ts";
import { lint } from "../lint.ts";

const cases = new URL("../../../../shared/cases/aws/np-guard/", import.meta.url).pathname;
const present = existsSync(cases);
const reports = { aws_acl1: "aws_acl_1", aws_mixed: "aws_mixed", aws_sg_1: "aws_sg_1" };

/** Kinds that ours leaves out. Each needs a `sign` in what it says: a finding without it would be another mistake. */
const leftOut: Readonly<Record<string, { readonly sign: RegExp; readonly reason: string }>> = {
  "Network ACL rules shadowed by higher priority rules": {
    sign: /ruleNumber: 32767,/,
    reason:
      "the implicit last entry of every ACL can't be removed or moved: that an “allow all” stands before it is RW307's or RW103's to judge by what it opens",
  },
  "Network ACL not applied to any resources": {
    sign: /has no resources attached to it/,
    reason:
      "an ACL without subnets decides about no packet, and none of its rules can be mistaken for one in force",
  },
  "SGs implying different connectivity for endpoints inside a subnet": {
    sign: /rule splits subnet/,
    reason:
      "groups are attached to machines, so that telling machines of one subnet apart is what they are for; an address in the place of a group is RW401's",
  },
};

interface Issue {
  readonly kind: string;
  readonly text: string;
}

/** The report's paragraphs: a heading with its kind, and an issue for each line that is not indented. */
function issuesIn(report: string): readonly Issue[] {
  const issues: { kind: string; text: string }[] = [];
  let kind = "";
  for (const line of report.replaceAll(/"([^"\n]+)" issues:/gu, '\n"$1" issues:\n').split("\n")) {
    const heading = /^"(.+)" issues:$/u.exec(line)?.[1];
    if (heading !== undefined) kind = heading;
    else if (line.startsWith("In ")) issues.push({ kind, text: line });
    else if (line.startsWith("\tRule details"))
      issues.push({ kind, text: `${issues.pop()?.text ?? ""} ${line.trim()}` });
  }
  return issues;
}

/** Replies that a ring without memory loses. */
const lostReplies = new Set(["RW201", "RW202", "RW203"]);

describe.skipIf(!present)("np-guard's findings (skipped where its cases are not at hand)", () => {
  test.each(Object.entries(reports))("%s: each is ours, or left out for a reason", (report, name) => {
    const path = `input_${name}.json`;
    const text = readFileSync(join(cases, "input", path), "utf8");
    const { findings } = lint(mergeEstate(name, [awsReader.read([{ path, text }])]), { today: "2026-11-22" });
    const unused = new Set(
      findings.filter(({ check }) => check.number === "RW403").map(({ subject }) => subject.id),
    );
    const issues = issuesIn(readFileSync(join(cases, "out/lint_out", `${report}_Lint`), "utf8"));
    expect(issues.length).toBeGreaterThan(0);
    const missing = issues.filter((issue) => {
      if (issue.kind === "Blocked TCP response")
        return !findings.some(({ check }) => lostReplies.has(check.number));
      if (issue.kind === "SG not applied to any resources")
        return !unused.has(/security group "([^"]+)"/u.exec(issue.text)?.[1] ?? "");
      return leftOut[issue.kind]?.sign.test(issue.text) !== true;
    });
    expect(missing).toEqual([]);
  });

  test("every reason is needed by some finding", () => {
    const kinds = new Set(
      Object.keys(reports).flatMap((report) =>
        issuesIn(readFileSync(join(cases, "out/lint_out", `${report}_Lint`), "utf8")).map(({ kind }) => kind),
      ),
    );
    expect(Object.keys(leftOut).filter((kind) => !kinds.has(kind))).toEqual([]);
  });
});

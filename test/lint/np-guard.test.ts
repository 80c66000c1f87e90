// The findings of an independent linter on exports of its own, held against ours: groups that nothing carries, and replies
// that a network ACL refuses. What it says beside that, and we do not, is no mistake: that the closing “*” entry is shadowed by
// an entry that allows all, that the allow-all ACL of a VPC (which can't be removed) stands at no subnet, and that a rule which
// names a group splits a subnet.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadEstate } from "../../src/formats/load.ts";
import { checks } from "../../src/questions/lint/checks.ts";
import { lint } from "../../src/questions/lint.ts";
import type { Reported } from "../../src/questions/lint/model.ts";

const cases = new URL("../../../shared/cases/aws/np-guard/", import.meta.url).pathname;

/** One section of its report: the text between a heading and the next line of underscores. */
function section(report: string, heading: string): string {
  const [, rest = ""] = report.split(`"${heading}" issues:`);
  return rest.split(/_{20,}/)[0] ?? "";
}

async function findingsOf(name: string, numbers: readonly string[]): Promise<readonly Reported[]> {
  const estate = await loadEstate(join(cases, "input", `input_${name}.json`));
  const only = checks.filter((check) => numbers.includes(check.number));
  return lint(estate, { today: "2026-11-22", only }).findings;
}

// Its cases are not part of this repository.
describe.runIf(existsSync(cases))("an independent linter", () => {
  test.each([
    ["aws_acl_1", "aws_acl1_Lint"],
    ["aws_mixed", "aws_mixed_Lint"],
  ])("finds the same groups in %s that nothing carries", async (name, out) => {
    const report = readFileSync(join(cases, "out/lint_out", out), "utf8");
    const theirs = [
      ...section(report, "SG not applied to any resources").matchAll(/security group "([^"]+)"/g),
    ];
    const ours = await findingsOf(name, ["RW403"]);
    expect(theirs.length).toBeGreaterThan(0);
    expect(ours.map((finding) => finding.subject.id).toSorted()).toEqual(
      theirs.map((found) => found[1] ?? "").toSorted(),
    );
  });

  test.each([
    ["aws_acl_1", "aws_acl1_Lint"],
    ["aws_mixed", "aws_mixed_Lint"],
  ])("finds lost replies in %s where ours does", async (name, out) => {
    const report = readFileSync(join(cases, "out/lint_out", out), "utf8");
    // In both of its reports the replies leave the server's subnet, and it names the server: "…/proxy2[10.240.2.24]".
    const lines = section(report, "Blocked TCP response").matchAll(/to "[^"]*\[(10\.[\d.]+)\]" TCP/g);
    const servers = new Set([...lines].map((found) => found[1]));
    const ours = await findingsOf(name, ["RW201", "RW203"]);
    expect(ours).toHaveLength(1);
    const [source] = ours.map((finding) => finding.witness?.packet.source);
    expect(servers.size).toBeGreaterThan(0);
    expect([...servers].map(numberOf)).toContain(
      source !== undefined && "value" in source ? source.value : "none",
    );
  });

  // What is reported there and not here, each kind for the reason that its name gives.
  test.each(["aws_acl1_Lint", "aws_mixed_Lint"])(
    "calls in %s no entry shadowed but the closing “*”, which stands below an allow-all in every default ACL",
    (out) => {
      const report = readFileSync(join(cases, "out/lint_out", out), "utf8");
      const shadowed = section(report, "Network ACL rules shadowed by higher priority rules");
      const details = [...shadowed.matchAll(/Rule details: ruleNumber: (\d+), action: (\w+)/g)];
      expect(details.length).toBeGreaterThan(0);
      expect(new Set(details.map(([, number, action]) => `${number} ${action}`))).toEqual(
        new Set(["32767 deny"]),
      );
    },
  );

  test.each([
    ["aws_acl_1", "aws_acl1_Lint"],
    ["aws_mixed", "aws_mixed_Lint"],
  ])("is not joined by a finding about the closing entries of %s", async (name) => {
    const findings = await findingsOf(name, ["RW301", "RW302", "RW303"]);
    expect(findings.filter((finding) => JSON.stringify(finding).includes("32767"))).toEqual([]);
  });

  test("calls no ACL of aws_mixed idle but a VPC's own, which can't be deleted while the VPC stands", async () => {
    const report = readFileSync(join(cases, "out/lint_out/aws_mixed_Lint"), "utf8");
    const idle = [
      ...section(report, "Network ACL not applied to any resources").matchAll(/network ACL "([^"]+)"/g),
    ].map(([, id]) => id);
    const input = JSON.parse(readFileSync(join(cases, "input/input_aws_mixed.json"), "utf8")) as {
      readonly network_acls: readonly { readonly NetworkAclId: string; readonly IsDefault: boolean }[];
    };
    const own = input.network_acls.filter((acl) => acl.IsDefault).map((acl) => acl.NetworkAclId);
    expect(idle.length).toBeGreaterThan(0);
    expect(own).toEqual(expect.arrayContaining(idle));
  });

  test("calls in aws_sg_1 a subnet split where a rule names a group, which is what groups are for", () => {
    const report = readFileSync(join(cases, "out/lint_out/aws_sg_1_Lint"), "utf8");
    const kinds = [...report.matchAll(/"([^"]+)" issues:/g)].map(([, kind]) => kind);
    expect(kinds).toEqual(["SGs implying different connectivity for endpoints inside a subnet"]);
    // The addresses that it shows are those of a group's members: no rule of the export has one of them.
    const input = readFileSync(join(cases, "input/input_aws_sg_1.json"), "utf8");
    const machines = [...report.matchAll(/\b(10\.[\d.]+)(?:\/32)?[,\n]/g)].map(([, address]) => address);
    const written = [...input.matchAll(/"CidrIp": "([\d.]+)\/32"/g)].map(([, address]) => address);
    expect(machines.length).toBeGreaterThan(2);
    expect(machines.filter((address) => written.includes(address))).toEqual([]);
  });

  test("loses no reply in the export where it finds none", async () => {
    const report = readFileSync(join(cases, "out/lint_out/aws_sg_1_Lint"), "utf8");
    expect(report).not.toContain("Blocked TCP response");
    expect(await findingsOf("aws_sg_1", ["RW201", "RW202", "RW203"])).toEqual([]);
  });
});

/** Dotted quad to number. */
function numberOf(text: string | undefined): number {
  return (text ?? "").split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

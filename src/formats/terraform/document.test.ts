// Documents as such: versions, broken input, what is reported, and the places that everything cites.
import { describe, expect, test } from "vitest";
import type { Beside } from "../reader.ts";
import { bearingOf } from "./kinds.ts";
import { terraformReader } from "./reader.ts";
import { planOf, problemOf, readTerraform, ref, stateOf, unknownsOf } from "./testing/plan.ts";

const vpc = { "aws_vpc.main": { cidr_block: "10.0.0.0/16" } };

describe("what is a document of terraform show -json", () => {
  test("plans and states are recognised by their first keys, other JSON is not", () => {
    const recognised = (text: string): boolean => terraformReader.recognises({ path: "x.json", text });
    expect(recognised(planOf({ resources: vpc }))).toBe(true);
    expect(recognised(stateOf({}))).toBe(true);
    expect(recognised('{"Vpcs": []}')).toBe(false);
    expect(recognised('["format_version"]')).toBe(false);
  });

  test.each(["0.1", "0.2", "1.0", "1.2", "1.27"])("format %s is read", (version) => {
    const text = stateOf(
      { "aws_vpc.main": { id: "vpc-1", cidr_block: "10.0.0.0/16" } },
      { format_version: version },
    );
    expect(readTerraform(text).networks?.size).toBe(1);
  });

  test("a format that is not known is refused with its version", () => {
    expect(problemOf(stateOf({}, { format_version: "2.0" }))).toMatchObject({
      code: "syntax",
      message: "format_version: “2.0” is not known; 0.x and 1.x are read",
      origin: { file: "plan.json", line: 1 },
    });
  });

  test("a raw state file is refused with the command that writes it out", () => {
    const problem = problemOf(
      '{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "x", "resources": []}',
    );
    expect(problem.message).toBe("this is a raw state file, whose format is Terraform's own");
    expect(problem.remedy).toMatch(/terraform show -json/);
  });

  test("an empty state is an estate of nothing", () => {
    expect(readTerraform('{"format_version": "1.0", "terraform_version": "1.11.4"}').networks?.size).toBe(0);
  });

  test("what has the wrong shape is one error with its line and path", () => {
    const text = stateOf({ "aws_vpc.main": { id: "vpc-1", cidr_block: 10 } });
    expect(problemOf(text).message).toBe(
      "values.root_module.resources[0].values.cidr_block: a string was expected, found 10",
    );
    const prefix = stateOf({ "aws_vpc.main": { id: "vpc-1", cidr_block: "10.0.0.0/33" } });
    expect(problemOf(prefix)).toMatchObject({ code: "meaning", origin: { file: "plan.json", line: 1 } });
  });

  test("a plan that ended with an error, or is partial, says so", () => {
    const text = planOf({ resources: vpc }, { errored: true, complete: false });
    expect(unknownsOf(readTerraform(text))).toEqual([
      "planning ended with an error | what it does not show is missing here",
      "the plan is partial: some changes are deferred | what it does not show is missing here",
    ]);
  });

  test("two documents that hold one address are refused", () => {
    const text = planOf({ resources: vpc });
    expect(() =>
      terraformReader.read([
        { path: "a.json", text },
        { path: "b.json", text },
      ]),
    ).toThrow("there are two of network aws_vpc.main: the first stands at a.json");
  });
});

describe("resource types", () => {
  test.each([
    ["aws_vpc", "read"],
    ["aws_vpc_security_group_egress_rule", "read"],
    ["aws_networkfirewall_firewall", "reported"],
    ["aws_vpn_connection", "reported"],
    ["aws_ec2_client_vpn_endpoint", "reported"],
    ["aws_launch_template", "reported"],
    ["aws_autoscaling_group", "reported"],
    ["aws_eks_cluster", "reported"],
    ["aws_lambda_function", "reported"],
    ["aws_lambda_permission", "none"],
    ["aws_iam_role", "none"],
    ["aws_s3_bucket", "none"],
    ["aws_route53_record", "none"],
    ["aws_db_parameter_group", "none"],
    ["aws_vpc_dhcp_options", "none"],
    ["random_id", "none"],
  ])("%s is %s", (type, bearing) => {
    expect(bearingOf(type)).toBe(bearing);
  });

  test("what bears on packets and is not read is reported by its address, and the rest is left aside", () => {
    const text = planOf({
      resources: {
        ...vpc,
        "aws_networkfirewall_firewall.edge": {},
        "aws_iam_role.app": {},
        "aws_s3_bucket.logs": {},
      },
    });
    expect(unknownsOf(readTerraform(text))).toEqual([
      "aws_networkfirewall_firewall.edge: aws_networkfirewall_firewall is not read | what it does to packets, and what interfaces it has, is missing here",
    ]);
  });
});

describe("places", () => {
  const files: Record<string, string> = {
    "infra/main.tf":
      '# The network.\nmodule "net" {\n  source = "./modules/net"\n}\n\nlocals {\n  home = module.net.vpc_id\n}\n',
    "infra/web.tf": 'resource "aws_subnet" "web" {\n  vpc_id = local.home\n}\n',
    "infra/modules/net/net.tf":
      '/* two\nlines */ variable "x" {}\nresource "aws_vpc" "this" {}\noutput "vpc_id" { value = aws_vpc.this.id }\n',
  };
  const beside: Beside = {
    filesIn: (folder) => Object.keys(files).filter((path) => path.slice(0, path.lastIndexOf("/")) === folder),
    openFile: (path) => ({ path, text: files[path] ?? "" }),
  };
  const text = planOf({
    resources: { "aws_subnet.web": { vpc_id: ref("local.home"), cidr_block: "10.0.1.0/24" } },
    modules: {
      net: {
        source: "./modules/net",
        resources: { "aws_vpc.this": { cidr_block: "10.0.0.0/16" } },
        outputs: { vpc_id: ref("aws_vpc.this.id") },
      },
    },
  });

  test("without the sources a resource stands where the JSON has it", () => {
    const network = readTerraform(text).networks?.get("module.net.aws_vpc.this");
    expect(network?.origin).toMatchObject({ file: "plan.json", id: "module.net.aws_vpc.this" });
    expect(text.split("\n")[network?.origin.line ?? 0]).toContain('"module.net.aws_vpc.this"');
  });

  test("with the sources beside it, or above it, it stands where its block begins, in modules too", () => {
    for (const path of ["infra/plan.json", "infra/out/plan.json"]) {
      const part = terraformReader.read([{ path, text }], beside);
      expect(part.subnets?.get("aws_subnet.web")?.origin).toEqual({
        file: "infra/web.tf",
        line: 1,
        id: "aws_subnet.web",
      });
      expect(part.networks?.get("module.net.aws_vpc.this")?.origin).toEqual({
        file: "infra/modules/net/net.tf",
        line: 3,
        id: "module.net.aws_vpc.this",
      });
    }
  });

  test("a local value, which the JSON leaves out, is followed in the sources", () => {
    const part = terraformReader.read([{ path: "infra/plan.json", text }], beside);
    expect(part.subnets?.get("aws_subnet.web")?.network).toBe("module.net.aws_vpc.this");
    expect(part.unknowns).toEqual([]);
  });
});

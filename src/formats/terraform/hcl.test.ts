// The places of blocks in Terraform sources: comments, strings and heredocs hold braces and words that are none.
import { describe, expect, test } from "vitest";
import { blocksOf, localsOf } from "./hcl.ts";

const places = (text: string): string[] =>
  blocksOf(text).map(({ kind, labels, line }) => `${line} ${[kind, ...labels].join(" ")}`);

describe("blocks of a source", () => {
  test("each with its line", () => {
    expect(
      places(
        'terraform {\n  required_version = ">= 1.5"\n}\n\nresource "aws_vpc" "main" {\n  tags = { a = "b" }\n}\ndata "aws_ami" "x" {}\n',
      ),
    ).toEqual(["1 terraform", "5 resource aws_vpc main", "8 data aws_ami x"]);
  });

  test("labels need no quotes, and the brace may stand close", () => {
    expect(places('resource aws_vpc main{\n}\r\nmodule "net" {\r\n}\r\n')).toEqual([
      "1 resource aws_vpc main",
      "3 module net",
    ]);
  });

  test("comments of all three kinds hide what stands in them", () => {
    expect(
      places(
        '# resource "a" "b" {\n// resource "a" "b" {\n/* resource "a" "b" {\n*/\nresource "aws_vpc" "main" { # }\n}\n',
      ),
    ).toEqual(["5 resource aws_vpc main"]);
  });

  test("strings, with templates in them, hide braces, quotes and comment signs", () => {
    expect(
      places('locals {\n  a = "} # ${join("}", ["{"])} \\" // "\n}\nresource "aws_vpc" "main" {}\n'),
    ).toEqual(["1 locals", "4 resource aws_vpc main"]);
  });

  test("heredocs hide whole blocks", () => {
    expect(
      places(
        'resource "a" "b" {\n  text = <<-EOT\n    resource "c" "d" {\n    "unclosed\n    EOT\n}\nresource "e" "f" {}\n',
      ),
    ).toEqual(["1 resource a b", "7 resource e f"]);
  });

  test("a source that breaks off gives what it has", () => {
    expect(places('resource "a" "b" {\n  x = "')).toEqual(["1 resource a b"]);
    expect(places("<<EOT\n")).toEqual([]);
  });
});

test("local values name what their expressions refer to, over several lines", () => {
  const locals = localsOf(
    '\n  vpc = coalesce(aws_vpc.main[0].id, var.vpc_id)\n  subnets = [\n    aws_subnet.a.id,\n    aws_subnet.b[*].id,\n  ]\n  name = "x = ${aws_eip.one.id}"\n',
  );
  expect([...locals]).toEqual([
    ["vpc", ["aws_vpc.main[0].id", "var.vpc_id"]],
    ["subnets", ["aws_subnet.a.id", "aws_subnet.b"]],
    ["name", ["aws_eip.one.id"]],
  ]);
});

import { array, assert, constantFrom, double, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { awsReader } from "./reader.ts";
import { group, nic, problemOf, readAws, small, subnet, vpc } from "./testing/read.ts";

const whole = JSON.stringify(small["vpcs.json"], null, 1);

test("a file that is cut in the middle is an error at its last line", () => {
  const problem = problemOf({ "vpcs.json": whole.slice(0, whole.indexOf("OwnerId")) });
  expect(problem.code).toBe("syntax");
  expect(problem.message).toMatch(/cut off/);
  expect(problem.origin).toMatchObject({ file: "vpcs.json", line: 6 });
});

test("NUL bytes are an error with their line, in a value and between values", () => {
  expect(problemOf({ "vpcs.json": whole.replace("vpc-1", "vpc\u0000-1") }).code).toBe("syntax");
  expect(problemOf({ "vpcs.json": whole.replace('"CidrBlock"', '\u0000"CidrBlock"') })).toMatchObject({
    code: "syntax",
    origin: { file: "vpcs.json", line: 5 },
  });
});

test("a file nested without end is an error, not an exhausted stack", () => {
  expect(problemOf({ "vpcs.json": `{"Vpcs": ${"[".repeat(100_000)}` }).message).toMatch(
    /nested over 200 deep/,
  );
});

test.each([
  ["a prefix of length 33", { Vpcs: [vpc("vpc-1", "10.0.0.0/33")] }, "meaning", /0 to 32, not “33”/],
  ["a prefix of no address", { Vpcs: [vpc("vpc-1", "10.0.0/16")] }, "meaning", /not an address or prefix/],
  [
    "a subnet of no VPC",
    { Subnets: [{ SubnetId: "subnet-1", CidrBlock: "10.0.0.0/24" }] },
    "syntax",
    /^Subnets\[0\]\.VpcId: a string was expected, found nothing/,
  ],
  [
    "a list that is none",
    { Vpcs: { VpcId: "vpc-1" } },
    "syntax",
    /^Vpcs: a list was expected, found an object/,
  ],
  [
    "an element that is none",
    { Vpcs: ["vpc-1"] },
    "syntax",
    /^Vpcs\[0\]: an object was expected, found "vpc-1"/,
  ],
  [
    "an address that is none",
    { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.256")] },
    "meaning",
    /“10\.0\.1\.256” is not an IP address/,
  ],
  [
    "a number for an id",
    { Vpcs: [{ VpcId: 7, CidrBlock: "10.0.0.0/16" }] },
    "syntax",
    /^Vpcs\[0\]\.VpcId: a string was expected, found 7/,
  ],
  [
    "a group of no id",
    { SecurityGroups: [{ IpPermissions: [], IpPermissionsEgress: [] }] },
    "syntax",
    /GroupId/,
  ],
])("%s is one error that says where and what was expected", (_, content, code, message) => {
  const problem = problemOf({ "export.json": content });
  expect(problem.code).toBe(code);
  expect(problem.message).toMatch(message);
  expect(problem.origin?.file).toBe("export.json");
});

test("a document that is no object is an error", () => {
  expect(problemOf({ "vpcs.json": "[]" }).message).toMatch(/an object such as/);
});

test("keys like __proto__ and constructor are data and nothing else", () => {
  const part = readAws({
    "vpcs.json":
      '{"Vpcs": [{"VpcId": "__proto__", "CidrBlock": "10.0.0.0/16", "__proto__": {"OwnerId": "1"}}], "constructor": []}',
  });
  expect([...(part.networks?.keys() ?? [])]).toEqual(["__proto__"]);
  expect(part.networks?.get("__proto__")).not.toHaveProperty("account");
});

const seeds = [
  { Vpcs: [vpc("vpc-1", "10.0.0.0/16")], Subnets: [subnet("subnet-1", "vpc-1", "10.0.1.0/24")] },
  { NetworkInterfaces: [nic("eni-1", "subnet-1", "10.0.1.4", { Attachment: { InstanceId: "i-1" } })] },
  {
    SecurityGroups: [
      group("sg-a", {
        IpPermissions: [
          {
            IpProtocol: "tcp",
            FromPort: 22,
            ToPort: 22,
            IpRanges: [{ CidrIp: "10.0.0.0/8" }],
            UserIdGroupPairs: [{ GroupId: "sg-b" }],
          },
        ],
      }),
    ],
  },
  small["acls.json"],
  small["routes.json"],
  { TransitGatewayRouteTables: [], Routes: [{ DestinationCidrBlock: "10.0.0.0/8", State: "active" }] },
  {
    LoadBalancers: [{ LoadBalancerArn: "a", LoadBalancerName: "b" }],
    Listeners: [{ ListenerArn: "c", LoadBalancerArn: "a", Port: 1 }],
  },
].map((seed) => JSON.stringify(seed));

const oddValues = [
  "null",
  "-1",
  "1e999",
  '"x"',
  '""',
  "[]",
  "{}",
  "[null]",
  "true",
  '"10.0.0.0/33"',
  "65536",
  '"-1"',
];

test("whatever is done to an export, reading ends in an estate or in a problem with a place", () => {
  const mutated = record({
    seed: constantFrom(...seeds),
    edits: array(
      record({
        at: double({ min: 0, max: 1, noNaN: true }),
        kind: nat(3),
        odd: constantFrom(...oddValues),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }).map(({ seed, edits }) =>
    edits.reduce((text, { at, kind, odd }) => {
      const place = Math.floor(at * text.length);
      if (kind === 0) return text.slice(0, place);
      if (kind === 1) return text.slice(0, place) + odd + text.slice(place);
      // A value for another: the JSON stays whole, and its meaning does not.
      const values = [...text.matchAll(/(?<=[:[,])(?:"[^"]*"|-?\d+|true|false|null)(?=[,\]}])/g)];
      const value = values[Math.floor(at * values.length)];
      if (value === undefined) return text;
      return text.slice(0, value.index) + odd + text.slice(value.index + value[0].length);
    }, seed),
  );
  assert(
    property(mutated, (text) => {
      expect(outcomeOf(text)).toBe("an estate or a problem with a place");
    }),
    { numRuns: 3000 },
  );
});

function outcomeOf(text: string): string {
  const file = { path: "export.json", text };
  try {
    awsReader.recognises(file);
    awsReader.read([file]);
  } catch (error) {
    if (!(error instanceof Problem)) return String(error);
    if (error.origin?.file !== file.path || error.origin.line < 1) return `no place: ${error.message}`;
  }
  return "an estate or a problem with a place";
}

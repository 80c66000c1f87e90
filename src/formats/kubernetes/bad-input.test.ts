import { array, assert, constantFrom, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { kubernetesReader } from "./reader.ts";
import { adminPolicy, pod, policy } from "./testing/ask.ts";

function problemOf(text: string, path = "cluster.yaml"): Problem {
  try {
    kubernetesReader.read([{ path, text }]);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was read");
}

const spec = (text: string): string => policy("shop/p", text);

test.each([
  ["ingres: []", 5, 3, /no field “ingres”/],
  ["podSelector: {}\ningress: [{ form: [] }]", 6, 15, /no field “form”; it has from, ports/],
  ["podSelector: []", 5, 16, /podSelector is expected to be a map/],
  ["podSelector: { matchLabel: {} }", 5, 18, /no field “matchLabel”/],
  ["podSelector: { matchLabels: { app: 1 } }", 5, 38, /text \(put it in quotes\)/],
  [
    "podSelector: { matchExpressions: [{ key: a, operator: Is }] }",
    5,
    57,
    /In or NotIn or Exists or DoesNotExist/,
  ],
  ["podSelector: { matchExpressions: [{ key: a, operator: In }] }", 5, 37, /at least one of its values/],
  ["podSelector: { matchExpressions: [{ key: a, operator: Exists, values: [b] }] }", 5, 37, /no values/],
  ["policyTypes: [ingress]", 5, 17, /Ingress or Egress, not “ingress”/],
  ["ingress: [{ ports: [{ port: 65536 }] }]", 5, 31, /a whole number from 1 to 65535, or a port's name/],
  ["ingress: [{ ports: [{ port: 0 }] }]", 5, 31, /from 1 to 65535/],
  ["ingress: [{ ports: [{ port: 90, endPort: 80 }] }]", 5, 44, /endPort is expected to be 90 or more/],
  ["ingress: [{ ports: [{ port: http, endPort: 80 }] }]", 5, 46, /not with a name/],
  ["ingress: [{ ports: [{ endPort: 80 }] }]", 5, 34, /with a port/],
  ["ingress: [{ ports: [{ protocol: tcp }] }]", 5, 35, /TCP or UDP or SCTP, not “tcp”/],
  ["ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/33 } }] }]", 5, 41, /0 to 32, not “33”/],
  ["ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.1 } }] }]", 5, 41, /with its length/],
  [
    "ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [11.0.0.0/16] } }] }]",
    5,
    62,
    /inside 10\.0\.0\.0\/8/,
  ],
  ["ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 }, podSelector: {} }] }]", 5, 22, /stand alone/],
  ["ingress: [{ from: [{}] }]", 5, 22, /a podSelector, a namespaceSelector or an ipBlock/],
])("%s is refused at %i:%i", (text, line, column, message) => {
  const problem = problemOf(spec(text));
  expect(problem.message).toMatch(message);
  expect(problem.origin).toMatchObject({ file: "cluster.yaml", line, column });
});

test.each([
  ["priority: 1001\nsubject: { namespaces: {} }", /from 0 to 1000/],
  ["subject: { namespaces: {} }", /a field “priority”/],
  ["priority: 1\nsubject: {}", /exactly one of namespaces, pods/],
  [
    "priority: 1\nsubject: { namespaces: {} }\ningress: [{ action: Accept, from: [{ namespaces: {} }] }]",
    /Allow or Deny or Pass/,
  ],
  ["priority: 1\nsubject: { namespaces: {} }\ningress: [{ action: Allow, from: [] }]", /at least one peer/],
  [
    "priority: 1\nsubject: { namespaces: {} }\ningress: [{ action: Allow, from: [{ networks: [10.0.0.0/8] }] }]",
    /no field “networks”/,
  ],
  [
    "priority: 1\nsubject: { namespaces: {} }\negress: [{ action: Allow, to: [{ namespaces: {} }], ports: [{ portRange: { start: 9, end: 8 } }] }]",
    /end is expected to be 9 or more/,
  ],
])("an AdminNetworkPolicy with %j is refused", (text, message) => {
  expect(problemOf(adminPolicy("guard", text)).message).toMatch(message);
});

test("a baseline has no Pass and but one name", () => {
  const passing = "subject: { namespaces: {} }\ningress: [{ action: Pass, from: [{ namespaces: {} }] }]";
  expect(problemOf(adminPolicy("default", passing)).message).toMatch(/Allow or Deny, not “Pass”/);
  const misnamed = adminPolicy("default", "subject: { namespaces: {} }").replace(
    "name: default",
    "name: base",
  );
  expect(problemOf(misnamed).message).toMatch(/named default/);
});

test.each([
  ["a: 1\na: 2", /stands twice/, 2],
  ["a: [1, 2", /not YAML/, 1],
  ["a: \tb\n\tc: d", /tabs|not YAML/, 2],
  ["apiVersion: v1\nkind: Pod\nmetadata:\n  name: \0", /NUL/, 4],
  ["just: text", /apiVersion and kind/, 1],
  ["- 1", /a Kubernetes object is expected/, 1],
  ["apiVersion: v1\nkind: Pod", /a field “metadata”/, 1],
  ["apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {}", /a field “name”/, 3],
  ["apiVersion: v1\nkind: Pod\nmetadata: { name: a }", /a field “spec”/, 1],
  [
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: {}\nstatus: { podIP: 10.0.0.256 }",
    /to be an address/,
    5,
  ],
  ["a: *nobody", /no anchor|not YAML/, 1],
])("%j is one error with its line", (text, message, line) => {
  const problem = problemOf(text);
  expect(problem.message).toMatch(message);
  expect(problem.origin?.line).toBe(line);
});

test("aliases that multiply are stopped, and deep nesting too", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (let at = 1; at < 12; at += 1) {
    const [name, before] = [String.fromCharCode(97 + at), String.fromCharCode(96 + at)];
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(", ")}]`);
  }
  expect(problemOf(bomb.join("\n")).code).toBe("limit");
  expect(problemOf(`a: ${"[".repeat(300)}${"]".repeat(300)}`).code).toBe("limit");
});

test("two objects of one kind and name are an error that names both places, unless they are one export", () => {
  const problem = problemOf(`${pod("shop/a")}---\n${pod("shop/a")}`);
  expect(problem.code).toBe("reference");
  expect(problem.message).toMatch(/two of Pod shop\/a: the first stands at cluster\.yaml:1/);
  const exported = pod("shop/a").replace("name: a", "name: a, uid: u-1");
  expect(kubernetesReader.read([{ path: "a.yaml", text: `${exported}---\n${exported}` }]).hosts?.size).toBe(
    1,
  );
});

test("JSON has its own errors with a line", () => {
  expect(problemOf('{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": [{', "list.json")).toMatchObject({
    code: "syntax",
    origin: { file: "list.json" },
  });
});

test("kinds that nobody knows are reported with their place, and those without bearing are not", () => {
  const cilium =
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: l7, namespace: shop }\nspec: {}";
  const knative =
    "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: fn, namespace: shop }\nspec: {}";
  const secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: shop }";
  const part = kubernetesReader.read([
    { path: "mixed.yaml", text: [cilium, knative, secret].join("\n---\n") },
  ]);
  expect(part.unknowns).toEqual([
    expect.objectContaining({
      what: "CiliumNetworkPolicy shop/l7 (cilium.io)",
      effect: expect.stringMatching(/not known/) as unknown,
      origin: expect.objectContaining({ line: 1 }) as unknown,
    }),
    expect.objectContaining({ what: "Service shop/fn (serving.knative.dev)" }),
  ]);
});

test("whatever is cut, swapped or put in, the reader answers or gives one Problem", () => {
  const whole = [
    pod("shop/web", "app: web", "{ containerPort: 80, name: http }"),
    policy(
      "shop/p",
      "podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }, { podSelector: {} }], ports: [{ port: http }, { port: 1, endPort: 2 }] }]",
    ),
    adminPolicy(
      "guard",
      "priority: 1\nsubject: { pods: { namespaceSelector: {}, podSelector: {} } }\negress: [{ action: Pass, to: [{ networks: [10.0.0.0/8] }, { nodes: {} }], ports: [{ namedPort: http }] }]",
    ),
    "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }",
  ].join("\n---\n");
  const mutated = array(
    record({
      at: nat(whole.length),
      cut: nat(8),
      put: constantFrom("", "{", "]", ": ", "\n", "- ", "0", "null", '"', "'", "&a ", "*a", "\t", "-1", "~"),
    }),
    { minLength: 1, maxLength: 4 },
  ).map((edits) =>
    edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), whole),
  );
  assert(
    property(mutated, (text) => {
      expect(outcome(text)).toMatch(/^(?:read|[a-z]+ at line [1-9]\d*)$/);
    }),
    { numRuns: 150 },
  );
});

function outcome(text: string): string {
  try {
    kubernetesReader.read([{ path: "mutated.yaml", text }]);
    return "read";
  } catch (error) {
    return error instanceof Problem ? `${error.code} at line ${error.origin?.line ?? 0}` : String(error);
  }
}

import { expect, test } from "vitest";
import { ICMP } from "../../packet/protocol.ts";
import { adminPolicy, connections, pod, policy, read, step } from "./testing/ask.ts";

const web = pod("shop/web", "app: web", "{ containerPort: 8080, name: http }");
const db = pod("shop/db", "app: db", "{ containerPort: 5432, name: pg }");
const tool = pod("lab/tool", "app: tool");
const everyone = "subject: { namespaces: {} }";

function rules(direction: "ingress" | "egress", ...lines: readonly string[]): string {
  const end = direction === "ingress" ? "from" : "to";
  return `${direction}:\n${lines.map((line) => `- { ${line.replace("peer:", `${end}:`)} }`).join("\n")}`;
}

const anyone = "peer: [{ namespaces: {} }]";

test("an AdminNetworkPolicy comes before NetworkPolicies: its Deny can't be allowed, its Allow not be refused", () => {
  const part = read(
    web,
    db,
    policy("shop/own", "podSelector: {}\ningress: [{ ports: [{ port: 1 }] }]"),
    adminPolicy(
      "guard",
      `priority: 5\n${everyone}\n${rules(
        "ingress",
        `action: Deny, ${anyone}, ports: [{ portNumber: { port: 1 } }]`,
        `action: Allow, ${anyone}, ports: [{ portRange: { start: 10, end: 12 } }]`,
      )}`,
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("TCP 10-12");
});

test("the first rule that matches counts, in the order of priority and then of the policy", () => {
  const allow = adminPolicy(
    "late",
    `priority: 20\n${everyone}\n${rules("ingress", `action: Allow, ${anyone}`)}`,
  );
  const deny = adminPolicy(
    "early",
    `priority: 10\n${everyone}\n${rules("ingress", `action: Allow, ${anyone}, ports: [{ portNumber: { port: 80 } }]`, `action: Deny, ${anyone}`)}`,
  );
  expect(connections(read(web, db, allow, deny), "shop/web", "shop/db")).toBe("TCP 80");
});

test("Pass leaves the decision to NetworkPolicies, past all later admin policies", () => {
  const pass = adminPolicy(
    "pass",
    `priority: 1\n${everyone}\n${rules("ingress", `action: Pass, ${anyone}, ports: [{ portNumber: { port: 80 } }]`)}`,
  );
  const deny = adminPolicy(
    "deny",
    `priority: 2\n${everyone}\n${rules("ingress", `action: Deny, ${anyone}`)}`,
  );
  expect(connections(read(web, db, pass, deny), "shop/web", "shop/db")).toBe("TCP 80");
  const shut = policy("shop/shut", "podSelector: {}");
  expect(connections(read(web, db, pass, deny, shut), "shop/web", "shop/db")).toBe("nothing");
});

test("the baseline counts only for pods that no NetworkPolicy selects", () => {
  const baseline = adminPolicy(
    "default",
    `${everyone}\n${rules("ingress", `action: Allow, ${anyone}, ports: [{ portNumber: { port: 80 } }]`, `action: Deny, ${anyone}`)}`,
  );
  expect(connections(read(web, db, baseline), "shop/web", "shop/db")).toBe("TCP 80");
  const own = policy(
    "shop/own",
    "podSelector: { matchLabels: { app: db } }\ningress: [{ ports: [{ port: 5432 }] }]",
  );
  expect(connections(read(web, db, baseline, own), "shop/web", "shop/db")).toBe("TCP 5432");
});

test("what no rule of an admin policy matches goes on, so a subject alone isolates nobody", () => {
  const part = read(
    web,
    db,
    tool,
    adminPolicy(
      "idle",
      `priority: 1\n${everyone}\n${rules("ingress", `action: Deny, peer: [{ namespaces: { matchLabels: { kubernetes.io/metadata.name: lab } } }]`)}`,
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("everything");
  expect(connections(part, "lab/tool", "shop/db")).toBe("nothing");
  expect(connections(part, "203.0.113.0/24", "shop/db")).toBe("everything");
});

test("a rule without ports covers every protocol, and a named port is the pod's own", () => {
  const part = read(
    web,
    db,
    adminPolicy(
      "guard",
      `priority: 1\n${everyone}\n${rules("ingress", `action: Allow, ${anyone}, ports: [{ namedPort: pg }, { namedPort: http }]`, `action: Deny, ${anyone}`)}`,
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("TCP 5432");
  expect(connections(part, "shop/db", "shop/web")).toBe("TCP 8080");
  expect(step(part, "shop/db", "ingress", { protocol: ICMP, from: "shop/web:eth0" }).verdict).toBe("denied");
});

test("networks mean pods too, as the API says: a Deny of 0.0.0.0/0 cuts pods from one another", () => {
  const part = read(
    web,
    db,
    adminPolicy(
      "net",
      `priority: 1\n${everyone}\n${rules("egress", "action: Deny, peer: [{ networks: [0.0.0.0/0] }]")}`,
    ),
  );
  expect(connections(part, "shop/web", "203.0.113.0/24")).toBe("nothing");
  expect(connections(part, "shop/web", "shop/db")).toBe("nothing");
});

test("a network of private addresses may hold a pod whose address the input does not have", () => {
  const part = read(
    web,
    db,
    adminPolicy(
      "net",
      `priority: 1\n${everyone}\n${rules("egress", "action: Deny, peer: [{ networks: [10.0.0.0/8] }]")}`,
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("perhaps everything");
  const placed = `${pod("shop/db", "app: db")}status: { podIP: 10.9.9.9 }`;
  const known = read(
    web,
    placed,
    adminPolicy(
      "net",
      `priority: 1\n${everyone}\n${rules("egress", "action: Deny, peer: [{ networks: [10.0.0.0/8] }]")}`,
    ),
  );
  expect(connections(known, "shop/web", "shop/db")).toBe("nothing");
});

test("nodes are found by the addresses of Node objects; without any, whether it is a node is not known", () => {
  const deny = adminPolicy(
    "nodes",
    `priority: 1\n${everyone}\n${rules("egress", "action: Deny, peer: [{ nodes: { matchLabels: { role: infra } } }]")}`,
  );
  const node = `apiVersion: v1
kind: Node
metadata: { name: n1, labels: { role: infra } }
status: { addresses: [{ type: InternalIP, address: 192.0.2.10 }, { type: Hostname, address: n1 }] }`;
  const to = (last: number): object => ({ destination: { family: 4, value: 0xc000_0200 + last }, to: "" });
  const known = read(web, node, deny);
  expect(step(known, "shop/web", "egress", to(10)).verdict).toBe("denied");
  expect(step(known, "shop/web", "egress", to(11)).verdict).toBe("allowed");
  const unknown = read(web, deny);
  expect(step(unknown, "shop/web", "egress", to(10)).verdict).toBe("depends");
  expect(unknown.unknowns?.[0]?.what).toMatch(/no Node is in the input/);
  // What is known to be outside the cluster is no node.
  expect(connections(unknown, "shop/web", "203.0.113.0/24")).toBe("everything");
});

test("two policies of one priority that disagree leave the answer open, and are reported", () => {
  const one = adminPolicy(
    "one",
    `priority: 7\n${everyone}\n${rules("ingress", `action: Allow, ${anyone}, ports: [{ portRange: { start: 1, end: 100 } }]`)}`,
  );
  const two = adminPolicy(
    "two",
    `priority: 7\n${everyone}\n${rules("ingress", `action: Deny, ${anyone}, ports: [{ portRange: { start: 90, end: 200 } }]`)}`,
  );
  const part = read(web, db, one, two);
  expect(connections(part, "shop/web", "shop/db")).toBe(
    "SCTP 1-65535 TCP 1-89,201-65535 UDP 1-65535, perhaps TCP 90-100",
  );
  expect(part.unknowns?.map((unknown) => unknown.what).join()).toMatch(/one .* and two both have priority 7/);
});

test("pods in their node's network are no subject", () => {
  const agent =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: agent, namespace: shop }\nspec: { hostNetwork: true, containers: [] }";
  const part = read(
    agent,
    db,
    adminPolicy("guard", `priority: 1\n${everyone}\n${rules("ingress", `action: Deny, ${anyone}`)}`),
  );
  expect(step(part, "shop/agent", "ingress", { from: "shop/db:eth0" }).verdict).toBe("allowed");
});

test("a refusal names the tiers behind it that would refuse as well", () => {
  const part = read(
    web,
    db,
    policy("shop/shut", "podSelector: {}"),
    adminPolicy(
      "guard",
      `priority: 1\n${everyone}\n${rules("ingress", `name: no-one, action: Deny, ${anyone}`)}`,
    ),
  );
  const denied = step(part, "shop/db", "ingress", { from: "shop/web:eth0" });
  expect(denied.rules.map((rule) => rule.origin.id)).toEqual([
    "AdminNetworkPolicy guard ingress no-one",
    "NetworkPolicy shop/shut",
  ]);
  expect(denied.why).toMatch(/so would NetworkPolicy shop\/shut/);
});

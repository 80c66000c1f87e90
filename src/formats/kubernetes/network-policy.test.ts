import { expect, test } from "vitest";
import { ICMP, SCTP, UDP } from "../../packet/protocol.ts";
import { connections, pod, policy, read, step } from "./testing/ask.ts";

const web = pod("shop/web", "app: web", "{ containerPort: 8080, name: http }");
const db = pod(
  "shop/db",
  "app: db",
  "{ containerPort: 5432, name: pg }, { containerPort: 53, name: pg-udp, protocol: UDP }",
);
const other = pod("lab/tool", "app: web");
const outside = "203.0.113.0/24";

test("pods that no policy selects let everything through", () => {
  const part = read(web, db);
  expect(connections(part, "shop/web", "shop/db")).toBe("everything");
  expect(connections(part, outside, "shop/db")).toBe("everything");
  expect(step(part, "shop/db", "ingress", {}).why).toMatch(/no policy selects/);
});

test("a policy with no rules shuts its pods for what comes in, and leaves what goes out alone", () => {
  const part = read(web, db, policy("shop/shut", "podSelector: { matchLabels: { app: db } }"));
  expect(connections(part, "shop/web", "shop/db")).toBe("nothing");
  expect(connections(part, "shop/db", "shop/web")).toBe("everything");
});

test("policyTypes takes Egress in by itself where there is an egress rule, and not otherwise", () => {
  const rule = "egress: [{ to: [{ podSelector: { matchLabels: { app: db } } }] }]";
  const byRule = read(
    web,
    db,
    other,
    policy("shop/out", `podSelector: { matchLabels: { app: web } }\n${rule}`),
  );
  expect(connections(byRule, "shop/web", "lab/tool")).toBe("nothing");
  // Ingress is always among the defaults: a policy that only speaks of egress also shuts the way in.
  expect(connections(byRule, "shop/db", "shop/web")).toBe("nothing");
  const byType = read(
    web,
    db,
    policy("shop/out", `podSelector: { matchLabels: { app: web } }\npolicyTypes: [Egress]\n${rule}`),
  );
  expect(connections(byType, "shop/db", "shop/web")).toBe("everything");
  expect(connections(byType, "shop/web", "shop/db")).toBe("everything");
});

test("an empty rule allows everything, and an empty list of rules nothing", () => {
  const all = read(web, db, policy("shop/all", "podSelector: {}\ningress: [{}]"));
  expect(connections(all, "shop/web", "shop/db")).toBe("everything");
  const none = read(web, db, policy("shop/none", "podSelector: {}\ningress: []"));
  expect(connections(none, "shop/web", "shop/db")).toBe("nothing");
});

test("two items under from are an OR, two selectors in one item an AND", () => {
  const front = pod("lab/front", "app: front");
  const labelled = `apiVersion: v1\nkind: Namespace\nmetadata: { name: lab, labels: { team: lab } }`;
  const or = read(
    web,
    db,
    other,
    front,
    labelled,
    policy(
      "shop/or",
      `podSelector: { matchLabels: { app: db } }
ingress:
- from:
  - namespaceSelector: { matchLabels: { team: lab } }
  - podSelector: { matchLabels: { app: web } }`,
    ),
  );
  expect(["shop/web", "lab/tool", "lab/front"].map((from) => connections(or, from, "shop/db"))).toEqual([
    "everything",
    "everything",
    "everything",
  ]);
  const and = read(
    web,
    db,
    other,
    front,
    labelled,
    policy(
      "shop/and",
      `podSelector: { matchLabels: { app: db } }
ingress:
- from:
  - namespaceSelector: { matchLabels: { team: lab } }
    podSelector: { matchLabels: { app: web } }`,
    ),
  );
  expect(["shop/web", "lab/tool", "lab/front"].map((from) => connections(and, from, "shop/db"))).toEqual([
    "nothing",
    "everything",
    "nothing",
  ]);
});

test("a podSelector alone keeps to the policy's own namespace", () => {
  const part = read(
    web,
    db,
    other,
    policy("shop/own", "podSelector: {}\ningress: [{ from: [{ podSelector: {} }] }]"),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("everything");
  expect(connections(part, "lab/tool", "shop/db")).toBe("nothing");
});

test("every namespace bears its name as a label, listed or not", () => {
  const part = read(
    web,
    db,
    other,
    policy(
      "shop/lab",
      "podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: lab } } }] }]",
    ),
  );
  expect(connections(part, "lab/tool", "shop/db")).toBe("everything");
  expect(connections(part, "shop/web", "shop/db")).toBe("nothing");
});

test.each([
  ["{ key: app, operator: In, values: [web, api] }", "everything", "nothing"],
  ["{ key: app, operator: NotIn, values: [web] }", "nothing", "everything"],
  ["{ key: app, operator: Exists }", "everything", "nothing"],
  ["{ key: app, operator: DoesNotExist }", "nothing", "everything"],
])("%s: NotIn and DoesNotExist also hold for a pod without the label", (expression, labelled, bare) => {
  const part = read(
    web,
    db,
    pod("shop/bare"),
    policy(
      "shop/expr",
      `podSelector: { matchLabels: { app: db } }\ningress: [{ from: [{ podSelector: { matchExpressions: [${expression}] } }] }]`,
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe(labelled);
  expect(connections(part, "shop/bare", "shop/db")).toBe(bare);
});

test("policies add up: what one of them allows is allowed", () => {
  const allow = (name: string, port: number): string =>
    policy(
      `shop/${name}`,
      `podSelector: { matchLabels: { app: db } }\ningress: [{ ports: [{ port: ${port} }] }]`,
    );
  const part = read(web, db, allow("a", 5432), allow("b", 9187), policy("shop/shut", "podSelector: {}"));
  expect(connections(part, "shop/web", "shop/db")).toBe("TCP 5432,9187");
});

test("both ends must allow it: out of the one and into the other", () => {
  const part = read(
    web,
    db,
    policy(
      "shop/out",
      "podSelector: { matchLabels: { app: web } }\npolicyTypes: [Egress]\negress: [{ ports: [{ port: 5000, endPort: 6000 }] }]",
    ),
    policy(
      "shop/in",
      "podSelector: { matchLabels: { app: db } }\ningress: [{ ports: [{ port: 5432 }, { port: 7000 }] }]",
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("TCP 5432");
});

test("a missing protocol is TCP, a missing port every port of the protocol, endPort is inside", () => {
  const ports = "[{ port: 80 }, { protocol: UDP }, { port: 9000, endPort: 9002, protocol: SCTP }]";
  const part = read(web, db, policy("shop/ports", `podSelector: {}\ningress: [{ ports: ${ports} }]`));
  expect(connections(part, "shop/web", "shop/db")).toBe("SCTP 9000-9002 TCP 80 UDP 1-65535");
  expect(step(part, "shop/db", "ingress", { protocol: SCTP, destinationPort: 9003 }).verdict).toBe("denied");
});

test("a named port is each destination pod's own number, and counts for its protocol alone", () => {
  const second = pod("shop/web2", "app: web", "{ containerPort: 8081, name: http }");
  const part = read(
    web,
    second,
    db,
    policy(
      "shop/named",
      "podSelector: {}\ningress: [{ ports: [{ port: http }, { port: pg-udp }, { port: pg-udp, protocol: UDP }] }]",
    ),
  );
  expect(connections(part, "shop/db", "shop/web")).toBe("TCP 8080");
  expect(connections(part, "shop/db", "shop/web2")).toBe("TCP 8081");
  expect(connections(part, "shop/web", "shop/db")).toBe("UDP 53");
});

test("in an egress rule too, a named port is the destination's; an address outside has none", () => {
  const part = read(
    web,
    db,
    policy(
      "shop/out",
      "podSelector: { matchLabels: { app: web } }\npolicyTypes: [Egress]\negress: [{ ports: [{ port: pg }] }]",
    ),
  );
  expect(connections(part, "shop/web", "shop/db")).toBe("TCP 5432");
  expect(connections(part, "shop/web", outside)).toBe("nothing");
});

test("an ipBlock is addresses outside, without its exceptions, and no pods", () => {
  const part = read(
    web,
    db,
    policy(
      "shop/block",
      "podSelector: { matchLabels: { app: db } }\ningress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [203.0.113.0/24] } }] }]",
    ),
  );
  expect(connections(part, "198.51.100.0/24", "shop/db")).toBe("everything");
  expect(connections(part, outside, "shop/db")).toBe("nothing");
  expect(connections(part, "shop/web", "shop/db")).toBe("nothing");
  // Half of this prefix is excepted, so that it hangs on the address.
  expect(connections(part, "203.0.112.0/23", "shop/db")).toBe("perhaps everything");
});

test("what becomes of ICMP is the network plugin's affair as soon as a policy selects the pod", () => {
  const part = read(web, db, policy("shop/all", "podSelector: { matchLabels: { app: db } }\ningress: [{}]"));
  const ping = { protocol: ICMP, icmpType: 8 };
  expect(step(part, "shop/db", "ingress", ping).verdict).toBe("depends");
  expect(step(part, "shop/db", "ingress", ping).causes.map((cause) => cause.kind)).toContain("condition");
  expect(step(part, "shop/web", "ingress", ping).verdict).toBe("allowed");
  expect(step(part, "shop/db", "ingress", { protocol: UDP, destinationPort: 1 }).verdict).toBe("allowed");
});

test("an answer cites the rule that decided, and a refusal the policies that isolate and the rule that came closest", () => {
  const part = read(
    web,
    db,
    other,
    policy(
      "shop/db-in",
      `podSelector: { matchLabels: { app: db } }
ingress:
- from: [{ podSelector: { matchLabels: { app: web } } }]
  ports: [{ port: 5432 }]`,
    ),
  );
  const allowed = step(part, "shop/db", "ingress", { from: "shop/web:eth0", destinationPort: 5432 });
  expect(allowed.verdict).toBe("allowed");
  expect(allowed.rules[0]?.origin).toMatchObject({
    file: "cluster.yaml",
    line: 25,
    id: "NetworkPolicy shop/db-in ingress 1",
  });
  expect(allowed.rules[0]?.text).toBe("ingress from pods app=web of its namespace, TCP 5432");
  const denied = step(part, "shop/db", "ingress", { from: "lab/tool:eth0", destinationPort: 5432 });
  expect(denied.verdict).toBe("denied");
  expect(denied.rules[0]?.origin).toMatchObject({ line: 19, id: "NetworkPolicy shop/db-in" });
  expect(denied.why).toMatch(/has this port but not this source/);
  expect(denied.remedy).toMatch(/shop\/db-in.*ingress rule from lab\/tool/);
  const wrongPort = step(part, "shop/db", "ingress", { from: "shop/web:eth0", destinationPort: 5433 });
  expect(wrongPort.why).toMatch(/has this source but not this protocol and port/);
});

test("a pod in its node's network is bound by no policy, and whether a selector finds it hangs on the plugin", () => {
  const agent = `apiVersion: v1
kind: Pod
metadata: { name: agent, namespace: shop, labels: { app: agent } }
spec: { hostNetwork: true, containers: [] }
status: { hostIP: 192.0.2.11, podIP: 192.0.2.11 }`;
  const part = read(
    agent,
    db,
    policy(
      "shop/shut",
      "podSelector: {}\npolicyTypes: [Ingress, Egress]\ningress: [{ from: [{ podSelector: { matchLabels: { app: agent } } }] }]",
    ),
  );
  expect(step(part, "shop/agent", "ingress", {}).verdict).toBe("allowed");
  expect(connections(part, "shop/agent", "shop/db")).toBe("perhaps everything");
});

test("traffic of the pod's own node is never refused, and of another node it is", () => {
  const placed = `${pod("shop/db", "app: db")}status: { hostIP: 192.0.2.11, podIP: 10.1.0.5 }`;
  const part = read(placed, policy("shop/shut", "podSelector: {}"));
  const from = (last: number): object => ({ source: { family: 4, value: 0xc000_0200 + last }, from: "" });
  expect(step(part, "shop/db", "ingress", from(11)).verdict).toBe("allowed");
  expect(step(part, "shop/db", "ingress", from(12)).verdict).toBe("denied");
});

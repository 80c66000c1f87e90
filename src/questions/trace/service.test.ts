import { expect, test } from "vitest";
import { mergeEstate } from "../../estate/merge.ts";
import { kubernetesReader } from "../../formats/kubernetes/reader.ts";
import { TCP } from "../../packet/protocol.ts";
import { trace } from "../trace.ts";

const pod = (name: string, port: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
spec: { containers: [{ name: main, ports: [${port}] }] }`;

const estate = mergeEstate("shop", [
  kubernetesReader.read([
    {
      path: "shop.yaml",
      text: [
        pod("web", ""),
        pod("db", "{ name: pg, containerPort: 5432 }"),
        `apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { clusterIP: 10.96.0.5, selector: { app: db }, ports: [{ port: 80, targetPort: pg }] }`,
        `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db-in, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]`,
      ].join("\n---\n"),
    },
  ]),
]);

const ask = (to: string, port: number): ReturnType<typeof trace> =>
  trace(estate, { from: "shop/web", to, protocol: TCP, port });

test("a service's port is its pods' target port before a policy sees it", () => {
  const answer = ask("service shop/db", 80);
  expect(answer.answer).toBe("allowed");
  const [step] = answer.shown.forward.steps.filter(
    (each) => each.layer === "network-policy" && each.place.includes("shop/db"),
  );
  expect(step?.rules[0]?.text).toBe("ingress from pods app=web of its namespace, TCP 5432");
  expect(ask("shop/db", 80).answer).toBe("denied");
});

test("a port that the service does not have is no question", () => {
  expect(() => ask("service shop/db", 81)).toThrow(/no tcp port 81/);
});

test("a service's bare address does not say which pod answers", () => {
  expect(ask("10.96.0.5", 80).answer).toBe("depends");
});

// Planted mistakes of Kubernetes policies (RW6xx), each in a cluster of two or three namespaces.
import { planted, type Pair } from "./pair.ts";

const pod = (path: string, labels: string, more = ""): string => {
  const [namespace, name] = path.split("/");
  return `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }
spec: { containers: [{ name: main, image: main${more} }] }
`;
};
const policy = (path: string, spec: string): string => {
  const [namespace, name] = path.split("/");
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
};
const admin = (
  name: string,
  priority: number,
  rule: string,
): string => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: ${name} }
spec:
  priority: ${priority}
  subject: { namespaces: {} }
  ingress: [${rule}]
`;
const cluster = (...objects: readonly string[]): string => objects.join("---\n");

const web = pod("shop/web", "app: web", ", ports: [{ name: http, containerPort: 8080 }]");
const db = pod("shop/db", "app: db", ", ports: [{ name: pg, containerPort: 5432 }]");
const tool = pod("lab/tool", "app: tool");
const dbService = `apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { selector: { app: db }, ports: [{ port: 5432, targetPort: 5432 }] }
`;
const shut = (namespace: string): string => policy(`${namespace}/shut`, "{ podSelector: {} }");

const inCluster = (
  check: Pair["check"],
  at: string,
  mistake: string,
  text: string,
  mend: Readonly<Record<string, string>>,
): Pair => planted(check, at, mistake, text, mend, "cluster.yaml");

export const kubernetes: readonly Pair[] = [
  inCluster(
    "RW601",
    "shop",
    "a policy for one pod, and none for the others",
    cluster(web, db, tool, shut("lab"), policy("shop/db", "{ podSelector: { matchLabels: { app: db } } }")),
    { "podSelector: { matchLabels: { app: db } }": "podSelector: {}" },
  ),
  inCluster(
    "RW601",
    "shop",
    "a namespace whose policies speak of egress alone",
    cluster(web, tool, shut("lab"), policy("shop/out", "{ podSelector: {}, policyTypes: [Egress] }")),
    { "policyTypes: [Egress]": "policyTypes: [Ingress, Egress]" },
  ),
  inCluster(
    "RW602",
    "shop",
    "a default deny that forgot the way out",
    cluster(web, policy("shop/shut", "{ podSelector: {}, policyTypes: [Ingress] }")),
    { "policyTypes: [Ingress]": "policyTypes: [Ingress, Egress]" },
  ),
  inCluster(
    "RW603",
    "guard",
    "a label that no pod has",
    cluster(web, db, policy("shop/guard", "{ podSelector: { matchLabels: { app: database } } }")),
    { "app: database": "app: db" },
  ),
  inCluster(
    "RW604",
    "open",
    "an empty rule, put there to get things going",
    cluster(web, shut("shop"), policy("shop/open", "{ podSelector: {}, ingress: [{}] }")),
    { "ingress: [{}]": "ingress: [{ from: [{ podSelector: {} }] }]" },
  ),
  inCluster(
    "RW605",
    "db",
    "a mistyped label of who may come in",
    cluster(
      web,
      db,
      policy(
        "shop/db",
        "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: wbe } } }] }] }",
      ),
    ),
    { "app: wbe": "app: web" },
  ),
  inCluster(
    "RW605",
    "db",
    "a namespace that there is not",
    cluster(
      web,
      db,
      tool,
      policy(
        "shop/db",
        "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: labs } } }] }] }",
      ),
    ),
    { "name: labs": "name: lab" },
  ),
  inCluster(
    "RW606",
    "db",
    "a port by a name that the container does not give it",
    cluster(
      web,
      db,
      policy(
        "shop/db",
        "{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [{ port: postgres }] }] }",
      ),
    ),
    { "port: postgres": "port: pg" },
  ),
  inCluster(
    "RW607",
    "db",
    "the address that the pod had yesterday",
    cluster(
      `${web}status: { podIP: 10.244.1.7 }\n`,
      db,
      policy(
        "shop/db",
        "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ ipBlock: { cidr: 10.244.1.7/32 } }] }] }",
      ),
    ),
    { "ipBlock: { cidr: 10.244.1.7/32 }": "podSelector: { matchLabels: { app: web } }" },
  ),
  inCluster(
    "RW608",
    "monitoring",
    "what monitoring is allowed, asked after everything is denied",
    cluster(
      web,
      tool,
      admin("lockdown", 10, "{ action: Deny, from: [{ namespaces: {} }] }"),
      admin(
        "monitoring",
        20,
        "{ action: Allow, from: [{ namespaces: { matchLabels: { kubernetes.io/metadata.name: lab } } }] }",
      ),
    ),
    { "priority: 20": "priority: 5" },
  ),
  inCluster(
    "RW609",
    "shop/db",
    "a database for the whole cluster",
    cluster(
      web,
      db,
      tool,
      dbService,
      policy(
        "shop/db",
        "{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [{ port: 5432 }] }] }",
      ),
    ),
    {
      "[{ ports: [{ port: 5432 }] }]":
        "[{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]",
    },
  ),
  inCluster("RW609", "shop/db", "a database that no policy selects", cluster(web, db, tool, dbService), {
    [dbService]: `${dbService}---\n${shut("shop")}`,
  }),
  inCluster(
    "RW610",
    "shop",
    "the web pods may call the database, and not look up where it is",
    cluster(
      web,
      db,
      policy(
        "shop/web",
        "{ podSelector: { matchLabels: { app: web } }, egress: [{ to: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 5432 }] }] }",
      ),
    ),
    {
      "ports: [{ port: 5432 }] }] }":
        "ports: [{ port: 5432 }] }, { ports: [{ port: 53, protocol: UDP }, { port: 53 }] }] }",
    },
  ),
];

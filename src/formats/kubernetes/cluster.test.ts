import { expect, test } from "vitest";
import { formatAddress } from "../../packet/address.ts";
import { mergeEstate } from "../../estate/merge.ts";
import { kubernetesReader, readKubernetes } from "./reader.ts";
import { connections, pod, policy, read } from "./testing/ask.ts";

const deployment = (path: string, labels: string, replicas = 3): string => {
  const [namespace = "", name = ""] = path.split("/");
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: ${replicas}
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: main, ports: [{ name: http, containerPort: 8080 }] }] }`;
};

const owned = (
  name: string,
  kind: string,
  owner: string,
  labels: string,
  address: string,
): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  labels: { ${labels} }
  ownerReferences: [{ apiVersion: apps/v1, kind: ${kind}, name: ${owner}, controller: true }]
spec: { containers: [] }
status: { podIP: ${address}, hostIP: 192.0.2.1 }`;

test("a template's pods are one class, with a made-up address of the shared space that is marked so", () => {
  const part = read(deployment("shop/web", "app: web"));
  expect([...(part.hosts?.keys() ?? [])]).toEqual(["shop/web"]);
  const [place] = [...(part.interfaces?.values() ?? [])];
  expect(place).toMatchObject({ id: "shop/web:eth0", kind: "pod", owner: "shop/web" });
  expect(place?.addresses).toEqual([{ address: { family: 4, value: 0x64400001 }, synthetic: true }]);
  expect(part.hosts?.get("shop/web")?.tags).toEqual({ app: "web" });
});

test("listed pods stand for the workload that made them, up to the highest owner that is listed", () => {
  const replicaSet = `apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web-5d9, namespace: shop, ownerReferences: [{ kind: Deployment, name: web, controller: true }] }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [] } } }`;
  const part = read(
    deployment("shop/web", "app: web"),
    replicaSet,
    owned("web-5d9-a", "ReplicaSet", "web-5d9", "app: web, pod-template-hash: 5d9", "10.0.0.1"),
    owned("web-5d9-b", "ReplicaSet", "web-5d9", "app: web, pod-template-hash: 5d9", "10.0.0.2"),
  );
  expect([...(part.hosts?.keys() ?? [])]).toEqual(["shop/web"]);
  const addresses = part.interfaces?.get("shop/web:eth0")?.addresses ?? [];
  expect(addresses.map((item) => formatAddress(item.address))).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("pods of one owner that a selector tells apart are two classes, and one where none does", () => {
  const pods = [
    owned("db-0", "StatefulSet", "db", "app: db, pod: zero", "10.0.0.1"),
    owned("db-1", "StatefulSet", "db", "app: db, pod: one", "10.0.0.2"),
  ];
  expect(read(...pods).hosts?.size).toBe(1);
  const apart = read(
    ...pods,
    pod("shop/web"),
    policy("shop/zero", "podSelector: { matchLabels: { pod: zero } }"),
  );
  expect([...(apart.hosts?.keys() ?? [])]).toEqual(["shop/db", "shop/db (StatefulSet)", "shop/web"]);
  expect(connections(apart, "shop/web", "shop/db")).toBe("nothing");
  expect(connections(apart, "shop/web", "shop/db (StatefulSet)")).toBe("everything");
});

test("a workload without replicas, and a pod that has ended, do not run", () => {
  const part = read(deployment("shop/idle", "app: a", 0), `${pod("shop/done")}status: { phase: Succeeded }`);
  expect([...(part.hosts?.values() ?? [])].map((host) => host.running)).toEqual([false, false]);
});

test("a service leads to the target port of the pods that it selects, each by its own named port", () => {
  const part = read(
    pod("shop/web", "app: web", "{ containerPort: 8080, name: http }"),
    pod("shop/web2", "app: web", "{ containerPort: 9090, name: http }"),
    pod("lab/web", "app: web", "{ containerPort: 1, name: http }"),
    `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.10, selector: { app: web }, ports: [{ port: 80, targetPort: http }, { port: 53, protocol: UDP }] }`,
  );
  const service = part.loadBalancers?.get("service shop/web");
  expect(service).toMatchObject({ kind: "service", internetFacing: false, preservesClient: true });
  expect(service?.listeners.map((listener) => [listener.protocol, listener.ports, listener.targets])).toEqual(
    [
      [
        6,
        [80, 80],
        [
          { interface: "shop/web:eth0", port: 8080 },
          { interface: "shop/web2:eth0", port: 9090 },
        ],
      ],
      [
        17,
        [53, 53],
        [
          { interface: "shop/web:eth0", port: 53 },
          { interface: "shop/web2:eth0", port: 53 },
        ],
      ],
    ],
  );
  const routes = part.routeTables?.get("pod-network routes")?.routes ?? [];
  expect(routes.map((route) => route.text)).toContain("10.96.0.10/32 is the address of service shop/web");
});

test("a service without a selector leads to the addresses that its EndpointSlices list", () => {
  const part = read(
    `${pod("shop/web")}status: { podIP: 10.0.0.7 }`,
    "apiVersion: v1\nkind: Service\nmetadata: { name: ext, namespace: shop }\nspec: { ports: [{ name: db, port: 5432 }] }",
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ext-1, namespace: shop, labels: { kubernetes.io/service-name: ext } }
endpoints: [{ addresses: [10.0.0.7] }, { addresses: [198.51.100.9] }]
ports: [{ name: db, port: 6432 }]`,
  );
  expect(part.loadBalancers?.get("service shop/ext")?.listeners[0]?.targets).toEqual([
    { interface: "shop/web:eth0", port: 6432 },
    { address: { family: 4, value: 0xc6336409 }, port: 6432 },
  ]);
});

test("an Ingress leads from the controller, whose labels nobody knows, to its services' pods", () => {
  const part = read(
    pod("shop/web", "app: web"),
    "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }, { port: 81 }] }",
    `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: front, namespace: shop }
spec: { rules: [{ http: { paths: [{ path: /, backend: { service: { name: web, port: { number: 80 } } } }] } }] }`,
    policy(
      "shop/in",
      "podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { role: edge } } }] }, { from: [{ namespaceSelector: {} }], ports: [{ port: 8080 }] }]",
    ),
  );
  const front = part.loadBalancers?.get("ingress shop/front");
  expect(front).toMatchObject({ kind: "application", interfaces: ["ingress-controller:eth0"] });
  expect(front?.listeners[0]?.targets).toEqual([{ interface: "shop/web:eth0", port: 8080 }]);
  expect(connections(part, "ingress-controller", "shop/web")).toBe(
    "TCP 8080, perhaps SCTP 1-65535 TCP 1-8079,8081-65535 UDP 1-65535",
  );
});

const namespace = (name: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { k8s.ovn.org/primary-user-defined-network: "" } }`;

test("pods of a user-defined network stand in a network of their own", () => {
  const part = read(
    namespace("blue"),
    pod("blue/a"),
    pod("green/b"),
    "apiVersion: k8s.ovn.org/v1\nkind: UserDefinedNetwork\nmetadata: { name: net, namespace: blue }\nspec: { topology: Layer2, layer2: { role: Primary } }",
  );
  const subnets = ["blue/a:eth0", "green/b:eth0"].map((id) => part.interfaces?.get(id)?.subnet);
  expect(subnets).toEqual(["UserDefinedNetwork blue/net pods", "pod-network pods"]);
  expect([...(part.networks?.keys() ?? [])]).toEqual(["pod-network", "UserDefinedNetwork blue/net"]);
  const isolated = part.routeTables
    ?.get("pod-network routes")
    ?.routes.find((route) => route.target.kind === "blackhole");
  const [other] = part.interfaces?.get("blue/a:eth0")?.addresses ?? [];
  expect(isolated?.prefixes).toEqual([{ ...other?.address, length: 32 }]);
});

test("without its label a namespace keeps the pod network, and that is said", () => {
  const part = read(
    pod("blue/a"),
    "apiVersion: k8s.ovn.org/v1\nkind: UserDefinedNetwork\nmetadata: { name: net, namespace: blue }\nspec: { topology: Layer2, layer2: { role: Primary } }",
  );
  expect(part.interfaces?.get("blue/a:eth0")?.subnet).toBe("pod-network pods");
  expect(part.unknowns?.[0]?.effect).toMatch(/no label k8s\.ovn\.org\/primary-user-defined-network/);
});

test("a MultiNetworkPolicy binds the attached interface by its address, and a NetworkPolicy the other one", () => {
  const attached = (name: string, address: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  annotations: { k8s.v1.cni.cncf.io/networks: '[{"name": "lan", "ips": ["${address}/24"]}]' }
spec: { containers: [] }`;
  const part = read(
    attached("a", "192.168.9.1"),
    attached("b", "192.168.9.2"),
    attached("c", "192.168.9.3"),
    'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: { name: lan, namespace: shop }\nspec: { config: \'{ "name": "lan" }\' }',
    policy("shop/shut", "podSelector: {}"),
    policy(
      "shop/lan",
      "podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 192.168.9.2/32 } }], ports: [{ port: 22 }] }]",
    )
      .replace("networking.k8s.io/v1", "k8s.cni.cncf.io/v1beta1")
      .replace("kind: NetworkPolicy", "kind: MultiNetworkPolicy")
      .replace("namespace: shop }", "namespace: shop, annotations: { k8s.v1.cni.cncf.io/policy-for: lan } }"),
  );
  expect(connections(part, "shop/b", "shop/a")).toBe("nothing");
  expect(connections(part, "shop/b:lan", "shop/a:lan")).toBe("TCP 22");
  expect(connections(part, "shop/c:lan", "shop/a:lan")).toBe("nothing");
});

test("a virtual machine is one workload with its launcher pod", () => {
  const machine =
    "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: { name: vm1, namespace: shop }\nspec: { template: { metadata: { labels: { app: vm } }, spec: { domain: {} } } }";
  const launcher = owned("virt-launcher-vm1-x", "VirtualMachineInstance", "vm1", "app: vm", "10.0.0.9");
  const { cluster } = readKubernetes([{ path: "vm.yaml", text: `${machine}\n---\n${launcher}` }]);
  expect(cluster.workloads.map((workload) => [workload.id, workload.kind])).toEqual([
    ["shop/vm1", "VirtualMachine"],
  ]);
});

test("YAML and JSON, one list or many documents, mean the same", () => {
  const yaml = read(
    pod("shop/web", "app: web"),
    policy("shop/shut", "podSelector: { matchLabels: { app: web } }"),
  );
  const json = {
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "v1",
        kind: "PodList",
        items: [
          { metadata: { name: "web", namespace: "shop", labels: { app: "web" } }, spec: { containers: [] } },
        ],
      },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "shut", namespace: "shop" },
        spec: { podSelector: { matchLabels: { app: "web" } } },
      },
    ],
  };
  const file = { path: "all.json", text: JSON.stringify(json, null, 2) };
  expect(kubernetesReader.recognises(file)).toBe(true);
  const read2 = kubernetesReader.read([file]);
  expect([...(read2.hosts?.keys() ?? [])]).toEqual([...(yaml.hosts?.keys() ?? [])]);
  expect(read2.policies?.[0]?.pods).toEqual(yaml.policies?.[0]?.pods);
  expect(read2.policies?.[0]?.origin).toMatchObject({ file: "all.json", line: 23 });
});

test("quoted text may go on over lines that are not indented, as kubectl takes it", () => {
  const part = read(
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\n  annotations:\n    k8s.v1.cni.cncf.io/networks: \'[\n  {"name": "lan"}\n]\'\nspec: { containers: [] }',
    'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: { name: lan, namespace: shop }\nspec:\n  config: \'{\n  "name": "lan"\n}\'',
  );
  expect([...(part.interfaces?.keys() ?? [])]).toEqual(["shop/a:eth0", "shop/a:lan"]);
});

test("other YAML and JSON is not taken for Kubernetes", () => {
  const recognised = (path: string, text: string): boolean => kubernetesReader.recognises({ path, text });
  expect(recognised("k.yaml", "# shop\nkind: Pod\napiVersion: v1\n")).toBe(true);
  expect(recognised("estate.yaml", "networks:\n  - name: a\n")).toBe(false);
  expect(recognised("vpcs.json", '{"Vpcs": []}')).toBe(false);
  expect(recognised("rules", "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")).toBe(false);
});

test("the cluster merges into an estate as it is", () => {
  const part = read(deployment("shop/web", "app: web"), policy("shop/shut", "podSelector: {}"));
  const estate = mergeEstate("cluster", [part]);
  expect(estate.policies).toHaveLength(1);
  for (const place of estate.interfaces.values()) expect(estate.subnets.has(place.subnet)).toBe(true);
  for (const subnet of estate.subnets.values())
    expect(estate.routeTables.has(subnet.routeTable ?? "")).toBe(true);
});

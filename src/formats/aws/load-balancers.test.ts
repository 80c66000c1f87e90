import { expect, test } from "vitest";
import { TCP, UDP } from "../../packet/protocol.ts";
import { nic, problemOf, readAws, small } from "./testing/read.ts";

const arn = (what: string): string => `arn:aws:elasticloadbalancing:eu-central-1:111122223333:${what}`;
const alb = arn("loadbalancer/app/shop/1");
const nlb = arn("loadbalancer/net/edge/2");
const instanceAt = (id: string, address: string): object =>
  nic(id, "subnet-1", address, { Attachment: { InstanceId: `i-${id}`, DeviceIndex: 0 } });

const base = {
  ...small,
  "nic.json": {
    NetworkInterfaces: [
      instanceAt("eni-a", "10.0.1.4"),
      instanceAt("eni-b", "10.0.1.5"),
      nic("eni-alb", "subnet-1", "10.0.1.20", { Description: "ELB app/shop/1" }),
      nic("eni-nlb", "subnet-1", "10.0.1.21", {
        Description: "ELB net/edge/2",
        InterfaceType: "network_load_balancer",
      }),
      nic("eni-clb", "subnet-1", "10.0.1.22", { Description: "ELB old" }),
    ],
  },
  "instances.json": {
    Reservations: [
      { Instances: ["eni-a", "eni-b"].map((id) => ({ InstanceId: `i-${id}`, State: { Name: "running" } })) },
    ],
  },
} as const;

const targetGroup = (name: string, more: object): object => ({
  TargetGroupArn: arn(`targetgroup/${name}/1`),
  TargetGroupName: name,
  VpcId: "vpc-1",
  Port: 8080,
  Protocol: "TCP",
  TargetType: "instance",
  LoadBalancerArns: [],
  ...more,
});
const health = (name: string, ...targets: object[]): object => ({
  TargetGroupArn: arn(`targetgroup/${name}/1`),
  TargetHealthDescriptions: targets,
});
const listener = (balancer: string, protocol: string, port: number, ...groups: string[]): object => ({
  ListenerArn: `${balancer.replace("loadbalancer", "listener")}/${port}`,
  LoadBalancerArn: balancer,
  Protocol: protocol,
  Port: port,
  DefaultActions: groups.map((name) => ({ Type: "forward", TargetGroupArn: arn(`targetgroup/${name}/1`) })),
});
const balancer = (id: string, type: string, name: string): object => ({
  LoadBalancerArn: id,
  LoadBalancerName: name,
  Type: type,
  Scheme: "internet-facing",
  VpcId: "vpc-1",
});

test("an application load balancer leads to its default targets and to those of every rule", () => {
  const part = readAws({
    ...base,
    "lb.json": { LoadBalancers: [balancer(alb, "application", "shop")] },
    "listeners.json": { Listeners: [listener(alb, "HTTPS", 443, "web")] },
    "rules.json": {
      Rules: [
        {
          RuleArn: `${alb.replace("loadbalancer", "listener-rule")}/443/9`,
          Actions: [
            {
              Type: "forward",
              ForwardConfig: { TargetGroups: [{ TargetGroupArn: arn("targetgroup/api/1"), Weight: 1 }] },
            },
          ],
        },
      ],
    },
    "tg.json": {
      TargetGroups: [targetGroup("web", { Protocol: "HTTP" }), targetGroup("api", { Protocol: "HTTP" })],
    },
    "health.json": {
      LoadBalancerTargetHealth: [
        health("web", { Target: { Id: "i-eni-a", Port: 80 }, TargetHealth: { State: "healthy" } }),
        health("api", { Target: { Id: "i-eni-b", Port: 81 }, TargetHealth: { State: "unhealthy" } }),
      ],
    },
  });
  const read = part.loadBalancers?.get(alb);
  expect(read).toMatchObject({
    name: "shop",
    kind: "application",
    interfaces: ["eni-alb"],
    preservesClient: false,
  });
  expect(part.interfaces?.get("eni-alb")).toMatchObject({ kind: "load-balancer", owner: alb });
  expect(read?.listeners).toMatchObject([
    {
      protocol: TCP,
      ports: [443, 443],
      text: "HTTPS 443 → web, api",
      targets: [
        { interface: "eni-a", port: 80, healthy: true, preservesClient: false },
        { interface: "eni-b", port: 81, healthy: false },
      ],
    },
  ]);
  expect(part.unknowns).toEqual([]);
});

test("a TCP_UDP listener is one of each", () => {
  const part = readAws({
    ...base,
    "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
    "listeners.json": { Listeners: [listener(nlb, "TCP_UDP", 53, "dns")] },
    "tg.json": { TargetGroups: [targetGroup("dns", { Protocol: "TCP_UDP" })] },
    "health.json": health("dns", { Target: { Id: "i-eni-a" } }),
  });
  const listeners = part.loadBalancers?.get(nlb)?.listeners;
  expect(listeners?.map((one) => [one.protocol, one.targets])).toEqual([
    [TCP, [{ interface: "eni-a", port: 8080, preservesClient: true }]],
    [UDP, [{ interface: "eni-a", port: 8080, preservesClient: true }]],
  ]);
});

// Network Load Balancer guide, "Client IP preservation".
test.each([
  [{ TargetType: "instance", Protocol: "TCP" }, [], true],
  [{ TargetType: "ip", Protocol: "TCP" }, [], false],
  [{ TargetType: "ip", Protocol: "UDP" }, [], true],
  [{ TargetType: "instance", Protocol: "TLS" }, [["preserve_client_ip.enabled", "false"]], false],
  [{ TargetType: "ip", Protocol: "TCP" }, [["preserve_client_ip.enabled", "true"]], true],
])(
  "a network load balancer with targets of %j and attributes %j keeps the client's address: %s",
  (more, pairs, kept) => {
    const part = readAws({
      ...base,
      "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
      "listeners.json": { Listeners: [listener(nlb, "TCP", 443, "t")] },
      "tg.json": { TargetGroups: [targetGroup("t", more)] },
      "attributes.json": {
        TargetGroupArn: arn("targetgroup/t/1"),
        Attributes: pairs.map(([key, value]) => ({ Key: key, Value: value })),
      },
      "health.json": health("t"),
    });
    expect(part.loadBalancers?.get(nlb)?.preservesClient).toBe(kept);
  },
);

test("target groups of one load balancer may differ in keeping the client's address", () => {
  const part = readAws({
    ...base,
    "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
    "listeners.json": { Listeners: [listener(nlb, "TCP", 80, "own"), listener(nlb, "TCP", 443, "other")] },
    "tg.json": { TargetGroups: [targetGroup("own", {}), targetGroup("other", { TargetType: "ip" })] },
    "health.json": {
      LoadBalancerTargetHealth: [
        health("own", { Target: { Id: "i-eni-a" } }),
        health("other", { Target: { Id: "10.0.1.5" } }),
      ],
    },
  });
  const listeners = part.loadBalancers?.get(nlb)?.listeners;
  expect(listeners?.map((one) => [one.text, one.targets[0]?.preservesClient])).toEqual([
    ["TCP 80 → own", true],
    ["TCP 443 → other", false],
  ]);
});

test("an IP target is an address, and the interface that has it in the group's VPC", () => {
  const part = readAws({
    ...base,
    "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
    "listeners.json": { Listeners: [listener(nlb, "TCP", 443, "t")] },
    "tg.json": { TargetGroups: [targetGroup("t", { TargetType: "ip" })] },
    "health.json": health(
      "t",
      { Target: { Id: "10.0.1.5", Port: 443 } },
      { Target: { Id: "192.168.7.7", Port: 443 } },
    ),
  });
  expect(part.loadBalancers?.get(nlb)?.listeners[0]?.targets).toEqual([
    { address: { family: 4, value: 0x0a000105 }, interface: "eni-b", port: 443, preservesClient: false },
    { address: { family: 4, value: 0xc0a80707 }, port: 443, preservesClient: false },
  ]);
});

test("an application load balancer behind a network one is reached at its interfaces", () => {
  const part = readAws({
    ...base,
    "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge"), balancer(alb, "application", "shop")] },
    "listeners.json": { Listeners: [listener(nlb, "TCP", 443, "t"), listener(alb, "HTTP", 80)] },
    "tg.json": { TargetGroups: [targetGroup("t", { TargetType: "alb" })] },
    "health.json": health("t", { Target: { Id: alb, Port: 443 } }),
  });
  expect(part.loadBalancers?.get(nlb)?.listeners[0]?.targets).toEqual([
    { interface: "eni-alb", port: 443, preservesClient: true },
  ]);
});

test("a classic load balancer leads to its instances on their own port", () => {
  const part = readAws({
    ...base,
    "elb.json": {
      LoadBalancerDescriptions: [
        {
          LoadBalancerName: "old",
          DNSName: "old-1.eu-central-1.elb.amazonaws.com",
          VPCId: "vpc-1",
          Scheme: "internal",
          Instances: [{ InstanceId: "i-eni-a" }],
          ListenerDescriptions: [
            { Listener: { Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 8080 } },
          ],
        },
      ],
    },
  });
  expect(part.loadBalancers?.get("old-1.eu-central-1.elb.amazonaws.com")).toMatchObject({
    kind: "classic",
    interfaces: ["eni-clb"],
    internetFacing: false,
    listeners: [
      {
        ports: [80, 80],
        text: "HTTP 80 → 8080",
        targets: [{ interface: "eni-a", port: 8080 }],
      },
    ],
  });
});

test("what is missing behind a load balancer is reported", () => {
  const part = readAws({
    ...base,
    "lb.json": {
      LoadBalancers: [
        balancer(nlb, "network", "edge"),
        balancer(arn("loadbalancer/net/far/3"), "network", "far"),
      ],
    },
    "listeners.json": { Listeners: [listener(nlb, "TCP", 443, "t", "absent")] },
    "tg.json": { TargetGroups: [targetGroup("t", { TargetType: "lambda" })] },
    "health.json": health("t", { Target: { Id: arn("function:f") } }),
  });
  expect(part.unknowns?.map((one) => one.what)).toEqual([
    expect.stringMatching(/^the target arn:.*function:f has no interface/),
    expect.stringMatching(/^the target group arn:.*absent\/1 was not exported/),
    "the listeners of far were not exported",
    "no interface of the load balancer far was exported",
  ]);
});

const certain = (files: Readonly<Record<string, unknown>>): (string | undefined)[] =>
  (
    readAws({
      ...base,
      "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
      ...files,
    }).loadBalancers?.get(nlb)?.listeners ?? []
  ).map((one) => one.uncertain);

test("listeners, targets and instances that were not exported leave open what stands behind", () => {
  const listeners = { "listeners.json": { Listeners: [listener(nlb, "TCP", 443, "t")] } };
  const groups = { "tg.json": { TargetGroups: [targetGroup("t", { LoadBalancerArns: [nlb] })] } };
  expect(certain({})).toEqual([
    expect.stringMatching(/listeners of edge/),
    expect.stringMatching(/listeners of edge/),
  ]);
  expect(certain(listeners)).toEqual([expect.stringMatching(/target group .* was not exported/)]);
  expect(certain({ ...listeners, ...groups })).toEqual([
    expect.stringMatching(/targets of t were not exported/),
  ]);
  expect(
    certain({ ...listeners, ...groups, "health.json": health("t", { Target: { Id: "i-absent" } }) }),
  ).toEqual([expect.stringMatching(/some targets of t were not exported/)]);
  expect(
    certain({ ...listeners, ...groups, "health.json": health("t", { Target: { Id: "i-eni-a" } }) }),
  ).toEqual([undefined]);
  expect(certain({ "listeners.json": { LoadBalancerArn: nlb, Listeners: [] } })).toEqual([]);
});

test("a listener's protocol that is none is an error", () => {
  const problem = problemOf({
    ...base,
    "lb.json": { LoadBalancers: [balancer(nlb, "network", "edge")] },
    "listeners.json": { Listeners: [listener(nlb, "SMTP", 25)] },
  });
  expect(problem.message).toMatch(/Protocol: HTTP, HTTPS, TCP.* was expected, found "SMTP"/);
});

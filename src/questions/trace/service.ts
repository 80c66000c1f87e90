// A Kubernetes service as the end of a question: its port stands for ports of its pods, and the client's own node puts
// the pod's address and port into the packet before any policy sees it. (kubernetes.io, "Virtual IPs and service proxies")
import type { Endpoint } from "../../estate/find.ts";
import type { Estate, Interface, LoadBalancer, LoadBalancerListener } from "../../estate/model.ts";
import { holds } from "../../packet/intervals.ts";
import { numberText } from "../../packet/packet.ts";
import { protocolName } from "../../packet/protocol.ts";
import { Problem } from "../../problem.ts";
import type { Step } from "../../rules/step.ts";
import type { TraceQuestion } from "./model.ts";

export interface Backend {
  readonly place: Interface;
  readonly port: number;
  /** The exchange of the service's port for the pod's, as the first step of the way there. */
  readonly step: Step;
}

/**
 * The pods behind a service for the port that is asked; undefined where the end is no service.
 * @throws Problem `unanswerable` for a port that the service does not have
 */
export function backendsOf(estate: Estate, end: Endpoint, question: TraceQuestion): Backend[] | undefined {
  if (end.kind !== "inside" || end.loadBalancer?.kind !== "service") return undefined;
  const service = end.loadBalancer;
  const listener = listenerOf(service, question);
  const asked = typeof question.port === "number" ? question.port : (listener.ports[0] ?? 0);
  const rule = {
    match: { kind: "always" },
    actions: [],
    origin: listener.origin,
    text: listener.text,
  } as const;
  return listener.targets.flatMap((target) => {
    const place = target.interface === undefined ? undefined : estate.interfaces.get(target.interface);
    if (place === undefined) return [];
    const port = target.port ?? asked;
    const step: Step = {
      layer: "load-balancer",
      place: service.name,
      ring: "service",
      verdict: "passed",
      rules: [rule],
      causes: [],
      why: `${protocolName(question.protocol)} ${asked} of the service is port ${port} of its pods`,
    };
    return [{ place, port, step }];
  });
}

function listenerOf(service: LoadBalancer, question: TraceQuestion): LoadBalancerListener {
  const { port } = question;
  const fitting = service.listeners.filter(
    (item) =>
      item.protocol === question.protocol &&
      (port === undefined || (typeof port === "number" && holds(item.ports, port))),
  );
  const [listener, ...others] = fitting;
  if (listener !== undefined && others.length === 0) return listener;
  const own = service.listeners.map((item) => `${protocolName(item.protocol)} ${numberText(item.ports)}`);
  const has = own.length === 0 ? "it has no ports" : `it has ${own.join(", ")}`;
  const wanted = `${protocolName(question.protocol)} port${port === undefined ? "" : ` ${numberText(port)}`}`;
  throw new Problem(
    "unanswerable",
    others.length > 0
      ? `${service.name} has several ports: ask about one of them`
      : `${service.name} has no ${wanted}`,
    { origin: service.origin, remedy: has },
  );
}

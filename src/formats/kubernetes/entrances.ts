// Ingress and OpenShift's Route: the ways by which the ingress controller's pods lead requests to services. Only what
// they reach is read; hosts and paths are a matter of HTTP.
import type { LoadBalancer } from "../../estate/model.ts";
import { TCP } from "../../packet/protocol.ts";
import type { Unknown } from "../../problem.ts";
import type { Endpoint } from "./cluster.ts";
import { asMap, asText, field, listField, mapField, named, required, textField } from "./fields.ts";
import { fullName, type KubernetesObject } from "./objects.ts";
import { readPortOrName, type Service, type ServicePort, type Target } from "./services.ts";
import type { MapTree } from "../tree.ts";

interface Backend {
  readonly service: string;
  /** By the service's port number or name; undefined: every port that it has. */
  readonly port: number | string | undefined;
  readonly tree: MapTree;
}

export function readEntrances(
  objects: readonly KubernetesObject[],
  services: readonly Service[],
  controller: Endpoint | undefined,
): { readonly balancers: readonly LoadBalancer[]; readonly unknowns: readonly Unknown[] } {
  const unknowns: Unknown[] = [];
  const balancers: LoadBalancer[] = [];
  if (controller === undefined) return { balancers, unknowns };
  for (const object of objects) {
    const kind = object.kind === "Ingress" || object.kind === "Route" ? object.kind : undefined;
    if (kind === undefined) continue;
    const backends = kind === "Ingress" ? ingressBackends(object) : routeBackends(object);
    const listeners = backends.flatMap((backend) => {
      const service = services.find(
        (each) => each.object.namespace === object.namespace && each.object.name === backend.service,
      );
      if (service === undefined) {
        unknowns.push({
          origin: backend.tree.origin,
          what: `${fullName(object)} leads to service ${backend.service}, which is not in the input`,
          effect: "left out: what it reaches can't be known",
        });
        return [];
      }
      const targets = targetsOf(service, backend, kind);
      return [
        {
          protocol: TCP,
          ports: [80, 80, 443, 443],
          targets,
          origin: named(backend.tree.origin, fullName(object)),
          text: `${object.kind} ${object.name} to service ${backend.service}${backend.port === undefined ? "" : ` port ${backend.port}`}`,
        },
      ];
    });
    const id = `${object.kind.toLowerCase()} ${object.namespace}/${object.name}`;
    balancers.push({
      id,
      name: id,
      tags: Object.fromEntries(object.labels),
      origin: object.origin,
      kind: "application",
      interfaces: [controller.id],
      internetFacing: true,
      listeners,
      preservesClient: false,
    });
  }
  unknowns.push({
    origin: controller.workload.origin,
    what: "which pods are the ingress controller",
    effect: "policies that select by label may or may not hold for it: answers then depend on it",
  });
  return { balancers, unknowns };
}

/** HTTP goes over TCP: a service's other ports are none of an ingress's. */
function targetsOf(service: Service, backend: Backend, kind: "Ingress" | "Route"): Target[] {
  const ports = service.ports.filter((port) => port.protocol === TCP && isMeant(port, backend.port, kind));
  return (backend.port === undefined ? ports : ports.slice(0, 1)).flatMap((port) => port.targets);
}

/** An Ingress names the service's port. A Route names the target port, or the service port's name. (OpenShift, RoutePort) */
function isMeant(port: ServicePort, wanted: Backend["port"], kind: "Ingress" | "Route"): boolean {
  if (wanted === undefined) return true;
  if (port.name === wanted) return true;
  return kind === "Ingress" ? port.port === wanted : port.targetPort === wanted || port.port === wanted;
}

function ingressBackends(object: KubernetesObject): Backend[] {
  const spec = mapField(object.map, "spec");
  const paths = listField(spec, "rules").flatMap((rule) =>
    listField(mapField(asMap(rule, "an item of rules"), "http"), "paths").map((path) =>
      mapField(asMap(path, "an item of paths"), "backend"),
    ),
  );
  return [mapField(spec, "defaultBackend"), ...paths].flatMap((backend): Backend[] => {
    const service = mapField(backend, "service");
    if (service === undefined) return [];
    const port = mapField(service, "port");
    return [
      {
        service: asText(required(service, "name", "a backend's service"), "name"),
        port: textField(port, "name") ?? readPortOrName(field(port, "number")),
        tree: service,
      },
    ];
  });
}

function routeBackends(object: KubernetesObject): Backend[] {
  const spec = asMap(required(object.map, "spec", "a Route"), "spec");
  const port = readPortOrName(field(mapField(spec, "port"), "targetPort"));
  const ends = [
    mapField(spec, "to"),
    ...listField(spec, "alternateBackends").map((item) => asMap(item, "a backend")),
  ];
  return ends.flatMap((end): Backend[] => {
    const name = textField(end, "name");
    const isService = (textField(end, "kind") ?? "Service") === "Service";
    return end === undefined || name === undefined || !isService ? [] : [{ service: name, port, tree: end }];
  });
}

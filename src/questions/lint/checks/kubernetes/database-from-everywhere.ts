// RW609: databases that pods of every other namespace get to.
import type { Interface } from "../../../../estate/model.ts";
import { holds, pairsOf } from "../../../../packet/intervals.ts";
import { TCP } from "../../../../packet/protocol.ts";
import type { Context } from "../../context.ts";
import { addPolicy } from "../../edits.ts";
import type { Check } from "../../model.ts";
import { exampleOf } from "../../witness.ts";
import { boundTo, namespaceOf, namespaces, networkPolicies, origin, primary } from "./pods.ts";

export const databaseFromEverywhere: Check = {
  number: "RW609",
  name: "database-from-every-namespace",
  title: "Pods of every namespace get to a database",
  severity: "medium",
  why:
    "A password is then all that stands between the data and any pod that is taken over, in whichever team's namespace. A database " +
    "has few clients, and they can be named.",
  references: [networkPolicies],
  *run(context) {
    const spaces = namespaces(context);
    for (const { pod, port, service } of databases(context)) {
      const host = context.index.hostOf(pod);
      if (host === undefined) continue;
      const own = namespaceOf(host);
      if (context.focus?.kind === "interface" && context.focus.id !== pod.id) continue;
      const others = spaces.flatMap(([name, pods]) => (name === own ? [] : (pods[0] ?? [])));
      const answers = others.map((other) =>
        context.ask({ from: primary(other), to: pod.id, protocol: TCP, port }),
      );
      const [first] = answers;
      if (first === undefined || !answers.every((answer) => answer?.answer === "allowed")) continue;
      const bound = boundTo(context.estate.policies, pod.id, "ingress");
      yield {
        subject: { kind: "interface", id: pod.id, name: host.name, part: `tcp ${port}` },
        title: `pods of every namespace get to tcp ${port} of ${host.name} (${service})`,
        origins: [bound[0]?.origin ?? host.origin],
        witness: {
          packet: exampleOf(first.question.packet),
          seen: `${others[0]?.name ?? ""} gets to it, and so does a pod of each other namespace`,
        },
        remedy:
          bound.length > 0
            ? {
                text: `name in ${bound.map((policy) => policy.name).join(", ")} the pods that use the database`,
                unchecked: "which pods those are is for a person to say",
              }
            : {
                text: `select ${host.name} by a policy for ingress, and allow the pods that use it`,
                edit: addPolicy({
                  kind: "NetworkPolicy",
                  name: "database",
                  namespace: own,
                  priority: 0,
                  pods: new Set([pod.id]),
                  ingress: [],
                  origin,
                }),
              },
      };
    }
  },
};

/** What stands behind services with a port of the class, by the port that it answers on. */
function databases(
  context: Context,
): readonly { readonly pod: Interface; readonly port: number; readonly service: string }[] {
  return [...context.estate.loadBalancers.values()]
    .filter((balancer) => balancer.kind === "service")
    .flatMap((balancer) =>
      balancer.listeners
        .filter((listener) => listener.protocol === TCP)
        .flatMap((listener) =>
          listener.targets.flatMap((target) => {
            const pod =
              target.interface === undefined ? undefined : context.estate.interfaces.get(target.interface);
            const port = target.port ?? pairsOf(listener.ports)[0]?.[0];
            return pod?.kind === "pod" && port !== undefined && holds(context.settings.ports.database, port)
              ? [{ pod, port, service: balancer.name }]
              : [];
          }),
        ),
    );
}

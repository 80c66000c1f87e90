// How bad it is that a flow is open: who begins it and what it reaches. The same classes of ports as the lint's.
import type { PortClass, Severity } from "../../estate/settings.ts";
import { intersection, type NumberSet } from "../../packet/intervals.ts";
import { TCP, UDP } from "../../packet/protocol.ts";
import type { EndClass, Service } from "../reach/model.ts";

export interface Weight {
  readonly severity: Severity;
  /** `a database port, from the internet`. */
  readonly weight: string;
}

type Reached = PortClass | "everything" | "other";

const words: Readonly<Record<Reached, string>> = {
  everything: "everything",
  admin: "an administration port",
  database: "a database port",
  "plain-text": "a plain-text protocol",
  other: "a service",
};

/** Worst of what the services reach; from the internet it weighs more than from the inside, and on the way out less. */
export function weightOf(
  from: EndClass | undefined,
  to: EndClass | undefined,
  services: readonly Service[],
  ports: Readonly<Record<PortClass, NumberSet>>,
): Weight {
  const reached = reachedBy(services, ports);
  const what = words[reached];
  if (from?.kind === "outside" && from.internet) {
    const severity: Severity =
      reached === "other" ? "medium" : reached === "plain-text" ? "high" : "critical";
    return { severity, weight: `${what}, from the internet` };
  }
  if (to?.kind === "outside") {
    return { severity: reached === "everything" ? "medium" : "low", weight: `${what}, on the way out` };
  }
  if (from?.kind === "outside") {
    return {
      severity: reached === "other" ? "low" : "medium",
      weight: `${what}, from outside by a private way`,
    };
  }
  return {
    severity: reached === "everything" || reached === "database" || reached === "admin" ? "medium" : "low",
    weight: `${what}, inside`,
  };
}

function reachedBy(services: readonly Service[], ports: Readonly<Record<PortClass, NumberSet>>): Reached {
  if (services.some(isEverything)) return "everything";
  for (const name of ["database", "admin", "plain-text"] as const)
    if (services.some((service) => touches(service, ports[name]))) return name;
  return "other";
}

/** All protocols, or every port of TCP or UDP. */
function isEverything({ protocol, destinationPorts }: Service): boolean {
  return protocol === "any" || ((protocol === TCP || protocol === UDP) && destinationPorts === undefined);
}

function touches({ protocol, destinationPorts }: Service, set: NumberSet): boolean {
  return (
    (protocol === TCP || protocol === UDP) &&
    destinationPorts !== undefined &&
    intersection(destinationPorts, set).length > 0
  );
}

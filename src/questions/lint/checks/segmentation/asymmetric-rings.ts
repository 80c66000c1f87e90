// RW703: what one ring allows and another always refuses. Replies that are lost are the checks of return traffic; this is
// about requests.
import { ringName } from "../../../../layers/ports.ts";
import { protocolName } from "../../../../packet/protocol.ts";
import type { Origin } from "../../../../problem.ts";
import type { Step } from "../../../../rules/step.ts";
import type { Context } from "../../context.ts";
import { meantFlows, type MeantFlow } from "../../meant.ts";
import type { Check } from "../../model.ts";
import { machineName } from "../../openings.ts";
import { exampleOf } from "../../witness.ts";
import { groupSubject } from "../groups/members.ts";

export const asymmetricRings: Check = {
  number: "RW703",
  name: "asymmetric-rings",
  title: "One ring allows what another always refuses",
  severity: "low",
  why:
    "The rule reads as if the service could be reached, and it never can. Either it is a leftover, which opens the way on the day " +
    "the other ring changes, or the other ring is what breaks the application.",
  references: [
    {
      title: "VPC user guide, “Compare security groups and network ACLs”",
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html",
    },
  ],
  *run(context) {
    const flows = Map.groupBy(
      meantFlows(context).filter((flow) => flow.named),
      (flow) => flow.says.origin,
    );
    for (const group of context.groups())
      for (const rule of group.inbound) {
        const own = flows.get(rule.origin) ?? [];
        const refused = own.map((flow) => refusalOf(context, flow));
        const [first] = refused;
        // All that the rule is there for has to be refused: one way that works is what it is for.
        if (first === undefined || refused.some((item) => item === undefined)) continue;
        const { step, flow, packet } = first;
        yield {
          subject: groupSubject(group, "inbound", rule),
          title: `${ringName(group)} allows ${protocolName(flow.protocol)} ${flow.port} of ${nameOf(context, flow.to)} from ${nameOf(context, flow.from)}, and ${step.ring} refuses it`,
          origins: [rule.origin, ...originsOf(step)],
          witness: { packet: exampleOf(packet), seen: step.why.replace(/\.$/, "") },
          remedy: {
            text: `${step.remedy === undefined ? "let it through there" : step.remedy}; or remove “${rule.text}” if nobody needs it`,
            unchecked: "which of the two rings is right is for a person to say",
          },
        };
      }
  },
};

/** The ring that refuses a request for certain, where a ring does and not a missing way. */
function refusalOf(
  context: Context,
  flow: MeantFlow,
):
  | { readonly step: Step; readonly flow: MeantFlow; readonly packet: Step["rewritten"] & object }
  | undefined {
  const { from, to, protocol, port, family } = flow;
  const asked = context.ask({ from, to, protocol, port, family });
  if (asked?.answer !== "denied" || asked.cases.some((item) => item.answer !== "denied")) return undefined;
  const { forward, packet } = asked.shown;
  if (forward.jumped) return undefined;
  const refused = forward.steps.filter((step) => step.verdict === "denied");
  const [step] = refused;
  if (step === undefined || refused.some((item) => !rings.has(item.layer))) return undefined;
  return { step, flow, packet };
}

const rings: ReadonlySet<Step["layer"]> = new Set(["nacl", "packet-filter", "security-group", "host"]);

function originsOf({ rules }: Step): readonly Origin[] {
  return rules.slice(0, 1).map((rule) => rule.origin);
}

function nameOf(context: Context, id: string): string {
  const place = context.estate.interfaces.get(id);
  return place === undefined ? "the internet" : machineName(context, place);
}

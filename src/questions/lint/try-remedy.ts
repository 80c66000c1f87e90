// Tries a remedy: edits the estate, runs the same check on the same subject again, and asks what must still work. A remedy
// counts as tried only where all of that holds.
import { isAsBad } from "../../estate/settings.ts";
import type { Estate } from "../../estate/model.ts";
import { packetText } from "../../packet/packet.ts";
import { Context } from "./context.ts";
import type { Check, Expectation, Finding, Remedy, Subject, Tried } from "./model.ts";
import type { Settings } from "./settings.ts";

/** What tells one finding of a check from another, in this estate and in an edited one. */
export function findingKey(subject: Subject): string {
  return `${subject.kind} ${subject.id} ${subject.part ?? ""}`;
}

export function tryRemedy(
  estate: Estate,
  settings: Settings,
  check: Check,
  finding: Finding,
  remedy: Remedy,
): Tried {
  const fails = (why: string): Tried => ({ outcome: "fails", why });
  if (remedy.edit === undefined)
    return { outcome: "untried", why: remedy.unchecked ?? "what to write there is for a person to choose" };
  const severity = finding.severity ?? check.severity;
  const edited = remedy.edit(estate);
  if (edited === estate) return fails("the change changes nothing");
  const found = (focus: Subject | undefined): ReadonlySet<string> =>
    new Set([...check.run(new Context(estate, settings, focus))].map((item) => findingKey(item.subject)));
  const narrow = found(finding.subject);
  // A check that does not find it again when it looks at the subject alone has to look at everything.
  const focus = narrow.has(findingKey(finding.subject)) ? finding.subject : undefined;
  const before = focus === undefined ? found(undefined) : narrow;
  const context = new Context(edited, settings, focus);
  for (const item of check.run(context)) {
    if (findingKey(item.subject) === findingKey(finding.subject))
      return fails("with it, the finding is still there");
    if (!before.has(findingKey(item.subject)) && isAsBad(item.severity ?? check.severity, severity))
      return fails(`with it, another finding appears: ${item.title}`);
  }
  for (const expectation of remedy.expect ?? []) {
    const broken = brokenBy(context, expectation);
    if (broken !== undefined) return fails(broken);
  }
  return { outcome: "works" };
}

function brokenBy(context: Context, { question, answer }: Expectation): string | undefined {
  const asked = context.ask(question);
  if (asked === undefined) return `whether ${question.from} reaches ${question.to} can't be asked`;
  if ((asked.answer === "allowed") === (answer === "allowed")) return undefined;
  const packet = packetText(asked.question.packet);
  return answer === "allowed"
    ? `with it, ${packet} (${question.from} to ${question.to}) would be ${asked.answer === "denied" ? "refused" : "uncertain"}`
    : `with it, ${packet} (${question.from} to ${question.to}) would still be allowed`;
}

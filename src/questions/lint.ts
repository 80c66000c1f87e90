// “What is wrong here?”: runs the checks over an estate, weighs and sorts what they find, and leaves out what is
// suppressed. Remedies are tried when someone asks for the result.
import type { Estate } from "../estate/model.ts";
import { severities, type Severity, type Suppression } from "../estate/settings.ts";
import type { Unknown } from "../problem.ts";
import { Context } from "./lint/context.ts";
import type { Check, Finding, Reported, Tried } from "./lint/model.ts";
import { checks as every } from "./lint/checks.ts";
import { settingsOf, type Settings } from "./lint/settings.ts";
import { coveredBy } from "./lint/suppress.ts";
import { findingKey, tryRemedy } from "./lint/try-remedy.ts";

export interface LintQuestion {
  /** The day on which suppressions are judged, `2026-11-22` (UTC). */
  readonly today: string;
  /** These checks alone, whatever the settings disable. */
  readonly only?: readonly Check[];
}

export interface Lint {
  readonly estate: string;
  /** The checks that were run. */
  readonly checks: readonly Check[];
  /** Worst first, then by place. */
  readonly findings: readonly Reported[];
  readonly suppressed: readonly { readonly finding: Reported; readonly by: Suppression }[];
  /** Suppressions that cover no finding of a check that was run. */
  readonly unused: readonly Suppression[];
  readonly fail: Severity | "never";
  readonly unknowns: readonly Unknown[];
}

/**
 * @throws Problem `reference` where a setting names a check that there is not
 * @example lint(estate, { today: "2026-11-22" }).findings.map((finding) => finding.title)
 */
export function lint(estate: Estate, question: LintQuestion): Lint {
  const settings = settingsOf(estate, every);
  const running = question.only ?? every.filter((check) => settings.runs(check));
  const context = new Context(estate, settings);
  const findings: Reported[] = [];
  const suppressed: { finding: Reported; by: Suppression }[] = [];
  const used = new Set<Suppression>();
  for (const check of running) {
    const seen = new Set<string>();
    for (const finding of check.run(context)) {
      const key = findingKey(finding.subject);
      if (seen.has(key)) continue;
      seen.add(key);
      const covered = coveredBy(settings.suppress, check, finding, question.today);
      const reported = report(
        estate,
        settings,
        check,
        finding,
        covered?.expired === true ? covered.by : undefined,
      );
      if (covered !== undefined) used.add(covered.by);
      if (covered?.expired === false) suppressed.push({ finding: reported, by: covered.by });
      else findings.push(reported);
    }
  }
  return {
    estate: estate.name,
    checks: running,
    findings: findings.toSorted(worstFirst),
    suppressed,
    unused: settings.suppress.filter((item) => !used.has(item) && running.some((check) => isOf(item, check))),
    fail: settings.fail,
    unknowns: estate.unknowns,
  };
}

function isOf(suppression: Suppression, check: Check): boolean {
  const wanted = suppression.check.toLowerCase();
  return wanted === check.number.toLowerCase() || wanted === check.name;
}

function report(
  estate: Estate,
  settings: Settings,
  check: Check,
  finding: Finding,
  expired: Suppression | undefined,
): Reported {
  const { subject, title, origins, witness, remedy } = finding;
  let tried: Tried | undefined;
  return {
    check,
    severity: settings.severityOf(check) ?? finding.severity ?? check.severity,
    subject,
    title,
    origins,
    why: finding.why ?? check.why,
    ...(witness === undefined ? {} : { witness }),
    ...(remedy === undefined
      ? {}
      : {
          remedy: {
            text: remedy.text,
            tried: () => (tried ??= tryRemedy(estate, settings, check, finding, remedy)),
          },
        }),
    ...(expired === undefined ? {} : { expired }),
  };
}

function worstFirst(a: Reported, b: Reported): number {
  const [here] = a.origins;
  const [there] = b.origins;
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    (here.file < there.file ? -1 : here.file > there.file ? 1 : 0) ||
    here.line - there.line ||
    (a.check.number < b.check.number ? -1 : a.check.number > b.check.number ? 1 : 0)
  );
}

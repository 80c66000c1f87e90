// Which suppression covers a finding, on a given day. A suppression that has run out covers nothing, and the finding that
// it covered says so.
import type { Suppression } from "../../estate/settings.ts";
import type { Check, Finding } from "./model.ts";

export type Covered = { readonly by: Suppression; readonly expired: boolean } | undefined;

/** @param today as `2026-11-22`; a suppression counts up to and with its last day */
export function coveredBy(
  suppressions: readonly Suppression[],
  check: Check,
  finding: Finding,
  today: string,
): Covered {
  const fitting = suppressions.filter((item) => fits(item, check, finding));
  const valid = fitting.find((item) => today <= item.until);
  if (valid !== undefined) return { by: valid, expired: false };
  const [expired] = fitting;
  return expired === undefined ? undefined : { by: expired, expired: true };
}

function fits(suppression: Suppression, check: Check, finding: Finding): boolean {
  const wanted = suppression.check.toLowerCase();
  if (wanted !== check.number.toLowerCase() && wanted !== check.name) return false;
  const { at } = suppression;
  if (at === undefined) return true;
  const { subject } = finding;
  if (at === subject.id || at === subject.name || at === subject.part) return true;
  if (
    subject.part !== undefined &&
    (at === `${subject.id} ${subject.part}` || at === `${subject.name} ${subject.part}`)
  )
    return true;
  return finding.origins.some(
    ({ file, line }) =>
      at === file ||
      at === `${file}:${line}` ||
      `/${file}`.endsWith(`/${at}`) ||
      `/${file}:${line}`.endsWith(`/${at}`),
  );
}

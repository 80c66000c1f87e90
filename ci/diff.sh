#!/usr/bin/env bash
# What a pipeline runs for a merge or pull request: compares an estate with the same estate at another revision (or two
# exports, such as two Terraform plans) and leaves the answer as Markdown, SARIF and JUnit. Everything comes by
# environment variables, so that no name of a branch is ever part of a command.
#
#   RINGWALL          how to call it (default: ringwall)
#   RINGWALL_ESTATE   the folder or file to look at
#   RINGWALL_BASE     the revision to compare with; or
#   RINGWALL_BEFORE   another folder or file to compare with
#   RINGWALL_FAIL     as diff --fail (default: high)
#   RINGWALL_OUT      the folder for ringwall.md, ringwall.sarif and ringwall.junit.xml (default: ringwall-report)
#
# Exit status: 0 nothing that RINGWALL_FAIL names, 1 something, 2 unusable input (or what ringwall ended with).
set -euo pipefail

: "${RINGWALL:=ringwall}" "${RINGWALL_FAIL:=high}" "${RINGWALL_OUT:=ringwall-report}"
: "${RINGWALL_ESTATE:?name the folder or file to look at}"

if [ -n "${RINGWALL_BEFORE:-}" ]; then
  compared=("$RINGWALL_BEFORE" "$RINGWALL_ESTATE")
else
  : "${RINGWALL_BASE:?name the revision to compare with (RINGWALL_BASE), or another estate (RINGWALL_BEFORE)}"
  compared=(--since "$RINGWALL_BASE" "$RINGWALL_ESTATE")
fi

mkdir -p "$RINGWALL_OUT"
status=0
read -r -a command <<<"$RINGWALL"
for report in markdown:ringwall.md sarif:ringwall.sarif junit:ringwall.junit.xml; do
  "${command[@]}" diff "${compared[@]}" --fail "$RINGWALL_FAIL" --format "${report%%:*}" \
    >"$RINGWALL_OUT/${report##*:}" || status=$?
  # Unusable input is said once, and leaves no report that looks like one.
  if [ "$status" -gt 1 ]; then rm -f "$RINGWALL_OUT/${report##*:}"; exit "$status"; fi
done
cat "$RINGWALL_OUT/ringwall.md"
exit "$status"

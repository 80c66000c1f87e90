// JUnit XML, as pipelines read it: a suite of cases that pass, or fail with a text.
export interface JunitCase {
  readonly name: string;
  /** What there is to say of a case that passes. */
  readonly output?: string;
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string };
}

export function junit(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter((one) => one.failure !== undefined).length;
  const className = escape(suite.replaceAll(" ", "."));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="${escape(suite)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">`,
    ...cases.map((one) => `    <testcase classname="${className}" name="${escape(one.name)}"${body(one)}`),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function body({ failure, output }: JunitCase): string {
  if (failure !== undefined)
    return `><failure message="${escape(failure.message)}" type="${escape(failure.type)}">${escape(failure.text)}</failure></testcase>`;
  return output === undefined ? "/>" : `><system-out>${escape(output)}</system-out></testcase>`;
}

/** XML 1.0 has no place for most control characters, however they are written. */
function escape(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "?")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}

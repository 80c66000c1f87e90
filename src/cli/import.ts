// `ringwall import aws`: fetches a live configuration into a folder that every other verb reads. Read-only.
import { Problem } from "../problem.ts";
import { textOption } from "./options.ts";
import type { Verb } from "./verb.ts";

const help = `ringwall import: fetch a live configuration into a folder (read-only)

usage: ringwall import aws [--region REGION] [--profile NAME] [--endpoint-url URL] [--out FOLDER]

Asks EC2, ELB and RDS with the usual credential chain (environment, profile, instance role, SSO), by Describe, Get and
Search calls alone, and writes what aws ec2 describe-* would print to FOLDER/<account>/<region>/.

  --region REGION     for example eu-central-1 (default: as the environment or the profile says)
  --profile NAME      of ~/.aws/config
  --endpoint-url URL  another endpoint, such as a test server's
  --out FOLDER        (default: aws-export); empty, new, or an earlier import

Exit status: 0 everything was read, 1 some calls were refused (the folder says which), 2 nothing was written.
`;

export const importVerb: Verb = {
  summary: "fetch a live configuration into a folder (aws)",
  help,
  options: {
    region: { type: "string" },
    profile: { type: "string" },
    "endpoint-url": { type: "string" },
    out: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const [source, ...extra] = positionals;
    if (source !== "aws" || extra.length > 0) {
      throw new Problem("usage", "import what? aws is what can be imported", {
        remedy: "ringwall import aws --region eu-central-1",
      });
    }
    const region = textOption(options, "region");
    const profile = textOption(options, "profile");
    const endpointUrl = textOption(options, "endpoint-url");
    const out = textOption(options, "out") ?? "aws-export";
    const { importAws } = await import("../formats/aws/import/import.ts");
    const report = await importAws(
      {
        out,
        ...(region === undefined ? {} : { region }),
        ...(profile === undefined ? {} : { profile }),
        ...(endpointUrl === undefined ? {} : { endpointUrl }),
      },
      ({ call, items, done, total }) => {
        if (terminal.progress) terminal.writeError(`\r\u001B[K${done}/${total} ${call}: ${items}`);
      },
    );
    if (terminal.progress) terminal.writeError("\r\u001B[K");
    const denied = report.calls.filter((call) => call.denied !== undefined);
    const things = report.calls.reduce((sum, call) => sum + call.items, 0);
    terminal.write(
      `${things} things from ${report.calls.length - denied.length} calls, account ${report.account}, written to ${report.folder}\n`,
    );
    for (const call of denied) terminal.write(`refused: ${call.call}: ${call.denied}\n`);
    terminal.write(`next: ringwall show ${report.folder}\n`);
    return denied.length === 0 ? 0 : 1;
  },
};

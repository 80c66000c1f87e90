// `ringwall tour`, which `npm start` runs: the example as a map, three questions with their traces, what gets in and what
// is wrong, and what to try next.
// The real engine on real files, nothing staged.
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isAsBad } from "../estate/settings.ts";
import { loadEstate } from "../formats/load.ts";
import { TCP } from "../packet/protocol.ts";
import { lint } from "../questions/lint.ts";
import { reach } from "../questions/reach.ts";
import { trace, type TraceQuestion } from "../questions/trace.ts";
import { lintText } from "./render/lint-text.ts";
import { mapText } from "./render/map-text.ts";
import { paint } from "./render/paint.ts";
import { reachText } from "./render/reach-text.ts";
import { traceText } from "./render/trace-text.ts";
import type { Verb } from "./verb.ts";

const questions: readonly { readonly asks: string; readonly question: TraceQuestion }[] = [
  {
    asks: "Does a customer reach the shop?",
    question: { from: "internet", to: "shop", protocol: TCP, port: 443 },
  },
  {
    asks: "Does the application reach its database, behind three rings?",
    question: { from: "app-1", to: "db-1", protocol: TCP, port: 5432 },
  },
  {
    asks: "Does the application reach the payment service, which it is allowed to?",
    question: { from: "app-1", to: "payment-api", protocol: TCP, port: 443 },
  },
];

export const tourVerb: Verb = {
  summary: "three questions on the example, to see what Ringwall does",
  help: "ringwall tour: three questions on examples/three-tier, to see what Ringwall does\n\nusage: ringwall tour\n",
  options: {},
  run: async (_positionals, _options, terminal) => {
    const example = relative(
      process.cwd(),
      fileURLToPath(new URL("../../examples/three-tier", import.meta.url)),
    );
    const examples = dirname(example);
    // What to type differs between a checkout and an installed package.
    const command = example.includes("node_modules") ? "ringwall" : "bin/ringwall";
    const estate = await loadEstate(example);
    const p = paint(terminal.colour);
    terminal.write(mapText(estate, { colour: terminal.colour, unknowns: false }));
    for (const [at, { asks, question }] of questions.entries()) {
      terminal.write(`\n${p.strong(`${at + 1}. ${asks}`)}\n`);
      terminal.write(
        p.faint(
          `   $ ${command} trace ${example} --from ${question.from} --to ${question.to} --port ${String(question.port)}\n\n`,
        ),
      );
      terminal.write(traceText(trace(estate, question), { colour: terminal.colour, remedies: "allow" }));
    }
    terminal.write(
      `\n${p.strong("And for all packets at once: who gets in from the internet, and what is wrong?")}\n`,
    );
    terminal.write(p.faint(`   $ ${command} reach ${example} --from internet\n\n`));
    terminal.write(
      reachText(estate.name, reach(estate, { from: "internet" }), { colour: terminal.colour, rings: false }),
    );
    terminal.write(p.faint(`\n   $ ${command} lint ${example} --severity low\n\n`));
    const found = lint(estate, { today: new Date().toISOString().slice(0, 10) });
    const shown = found.findings.filter((finding) => isAsBad(finding.severity, "low"));
    terminal.write(lintText({ ...found, findings: shown }, terminal));
    terminal.write(
      `\n${p.strong("Try next")}\n` +
        `  ${command} assert ${example}     the estate's own rules, one of which the same flaw breaks\n` +
        `  ${command} diff ${examples}/mistake-1/wrong ${examples}/mistake-1/mended\n` +
        `  ${command} trace ${examples}/why-8080/loopback-only --from client --to app --port 8080\n` +
        `  ${command} trace ${examples}/iptables-web/whole/web.rules --packet 'tcp 203.0.113.7:50000 > 10.0.2.10:22 in eth0'\n` +
        `  ${command} show YOUR-EXPORT      a folder of aws ec2 describe-* JSON, a Terraform plan, iptables-save, Kubernetes YAML\n` +
        `  ${command} --help\n`,
    );
    return 0;
  },
};

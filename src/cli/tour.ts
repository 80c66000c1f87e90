// `ringwall tour`, which `npm start` runs: the example as a map, three questions with their traces, and what to try next.
// The real engine on real files, nothing staged.
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadEstate } from "../formats/load.ts";
import { TCP } from "../packet/protocol.ts";
import { trace, type TraceQuestion } from "../questions/trace.ts";
import { mapText } from "./render/map-text.ts";
import { paint } from "./render/paint.ts";
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
      `\n${p.strong("Try next")}\n` +
        `  ${command} trace ${examples}/why-8080/loopback-only --from client --to app --port 8080\n` +
        `  ${command} trace ${examples}/iptables-web/whole/web.rules --packet 'tcp 203.0.113.7:50000 > 10.0.2.10:22 in eth0'\n` +
        `  ${command} show YOUR-EXPORT      a folder of aws ec2 describe-* JSON, iptables-save, nft -j, Kubernetes YAML\n` +
        `  ${command} help trace\n`,
    );
    return 0;
  },
};

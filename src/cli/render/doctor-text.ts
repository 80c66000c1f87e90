// A doctor's examination: a line a check for people, and the same as JSON. Computes nothing.
import { formatAddress } from "../../packet/address.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { Examination, Health } from "../../questions/doctor/model.ts";
import { paint, type Paint } from "./paint.ts";

const marks: Readonly<Record<Health, string>> = { fine: "✓", fault: "✗", warning: "!", unknown: "?" };

function healthPaint(p: Paint, health: Health): (text: string) => string {
  return health === "fine" ? p.good : health === "fault" ? p.bad : p.unsure;
}

export function doctorText(examination: Examination, colour: boolean): string {
  const p = paint(colour);
  const { question, server, lines } = examination;
  const who = question.client === undefined ? "anybody" : formatAddress(question.client);
  const width = Math.max(...lines.map((line) => line.check.length));
  const faults = lines.filter((line) => line.health === "fault").length;
  return [
    p.strong(
      `${who} → ${examination.host} (${formatAddress(server)}) ${protocolName(question.protocol)} ${question.port}`,
    ),
    "",
    ...lines.flatMap((line) => [
      `  ${healthPaint(p, line.health)(marks[line.health])} ${line.check.padEnd(width)}  ${line.found}`,
      `    ${" ".repeat(width)}  ${p.faint(`looked at: ${line.lookedAt}`)}`,
      ...(line.remedy === undefined || line.health === "fine"
        ? []
        : [`    ${" ".repeat(width)}  ${p.strong("do:")} ${line.remedy}`]),
    ]),
    "",
    faults > 0
      ? `${faults === 1 ? "One fault" : `${faults} faults`} on this host.`
      : lines.some((line) => line.health === "unknown")
        ? "No fault was found, as far as could be looked."
        : "No fault on this host: look at what stands before it (ringwall trace on the network's export),",
    ...(faults > 0
      ? []
      : [
          `and whether the packets arrive at all: tcpdump -ni any ${protocolName(question.protocol)} port ${question.port}`,
        ]),
    "",
  ].join("\n");
}

export function doctorJson(examination: Examination): object {
  const { question, server, lines, host } = examination;
  return {
    schema: "ringwall/doctor/1",
    host,
    question: {
      protocol: protocolName(question.protocol),
      port: question.port,
      ...(question.client === undefined ? {} : { from: formatAddress(question.client) }),
      to: formatAddress(server),
    },
    healthy: !lines.some((line) => line.health === "fault"),
    lines,
  };
}

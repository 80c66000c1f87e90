// `ringwall replay`: runs a packet capture through a firewall or an estate, packet by packet.
import type { Estate } from "../estate/model.ts";
import { loadEstate } from "../formats/load.ts";
import { parseAddress, type Address } from "../packet/address.ts";
import { openCapture } from "../packet/capture/capture.ts";
import { Problem } from "../problem.ts";
import { replayCapture, type ReplayVerdict, type Through } from "../questions/replay.ts";
import type { FirewalledHost } from "../questions/replay/model.ts";
import { choiceOption, requireOption, textOption } from "./options.ts";
import { paint } from "./render/paint.ts";
import { replayRowJson, replayTableJson } from "./render/replay-json.ts";
import { connectionsText, replayRowText, replaySummaryText } from "./render/replay-text.ts";
import type { OptionValues, Verb } from "./verb.ts";

const help = `ringwall replay: what a firewall or an estate does with the packets of a capture

usage: ringwall replay CAPTURE --through ESTATE [options]

CAPTURE is a pcap or pcapng file, plain or in gzip; “-” is standard input. ESTATE is one host's dump (iptables-save,
nft -j list ruleset), whose firewall every packet passes, or an estate, whose rings it crosses between its two ends.

  --through ESTATE        a file or folder, as for trace
  --host NAME             through the firewall of this host of the estate alone
  --in NAME, --out NAME   the interfaces that packets come in and leave by, where the capture does not name them
  --local ADDRESS,…       the host's own addresses, where no “ip addr” stands beside its rules
  --only VERDICT,…        show only packets that are allowed, denied, depends or unjudged
  --format text|json      json: a line a packet, and the connection tables as the last line (default: text)

Packets that a host receives are captured before its rules see them, those that it sends after they did.

Exit status: 0 all allowed, 1 some denied or dependent, 2 unusable input (the packets before it are answered).
`;

const verdicts: readonly ReplayVerdict[] = ["allowed", "denied", "depends", "unjudged"];

export const replayVerb: Verb = {
  summary: "run a packet capture through a firewall or an estate",
  help,
  options: {
    through: { type: "string" },
    host: { type: "string" },
    in: { type: "string" },
    out: { type: "string" },
    local: { type: "string", multiple: true },
    only: { type: "string" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const path = capturePath(positionals);
    const format = choiceOption(options, "format", ["text", "json"], "text");
    const only = onlyOption(options);
    const estatePath = requireOption(
      textOption(options, "through"),
      "through what? --through is missing",
      "--through host.rules, or an estate's folder",
    );
    const through = throughOf(await loadEstate(estatePath), textOption(options, "host"));
    const inside = textOption(options, "in");
    const outside = textOption(options, "out");
    const replay = replayCapture(openCapture(path), through, {
      local: localOption(options),
      ...(inside === undefined ? {} : { in: inside }),
      ...(outside === undefined ? {} : { out: outside }),
    });
    const style = paint(terminal.colour);
    const counts = { allowed: 0, denied: 0, depends: 0, unjudged: 0 };
    let complete = false;
    try {
      for await (const row of replay.rows) {
        counts[row.verdict] += 1;
        if (!only.has(row.verdict)) continue;
        terminal.write(
          format === "json" ? `${JSON.stringify(replayRowJson(row))}\n` : replayRowText(row, style),
        );
      }
      complete = true;
    } finally {
      // A damaged capture's packets before the damage have their answer, and so have their connections.
      if (complete || Object.values(counts).some((count) => count > 0)) {
        const tables = replay.tables();
        terminal.write(
          format === "json"
            ? `${JSON.stringify(replayTableJson(counts, tables, complete))}\n`
            : replaySummaryText(counts, complete) + tables.map(connectionsText).join(""),
        );
      }
    }
    return counts.denied + counts.depends === 0 ? 0 : 1;
  },
};

function capturePath(positionals: readonly string[]): string {
  const [path, extra] = positionals;
  if (path !== undefined && extra === undefined) return path;
  throw new Problem(
    "usage",
    extra === undefined
      ? "which capture? Name a pcap or pcapng file"
      : `one capture was expected, not also “${extra}”`,
    { remedy: "ringwall replay web.pcap --through host.rules" },
  );
}

function onlyOption(options: OptionValues): ReadonlySet<ReplayVerdict> {
  const value = textOption(options, "only");
  if (value === undefined) return new Set(verdicts);
  return new Set(
    value.split(",").map((word) => {
      const verdict = verdicts.find((candidate) => candidate === word);
      if (verdict === undefined)
        throw new Problem("usage", `--only takes ${verdicts.join(", ")}, not “${word}”`);
      return verdict;
    }),
  );
}

function localOption(options: OptionValues): Address[] {
  const given = options["local"];
  const texts = Array.isArray(given) ? given.map(String) : [];
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => {
      const address = parseAddress(text);
      if (address === undefined)
        throw new Problem("usage", `--local is an address such as 192.0.2.10 or 2001:db8::10, not “${text}”`);
      return address;
    });
}

/** One host's dump, a named host of an estate, or the estate as a whole. */
function throughOf(estate: Estate, name: string | undefined): Through {
  const firewalled = [...estate.hosts.values()].filter(
    (host): host is FirewalledHost => host.firewall !== undefined,
  );
  if (name !== undefined) {
    const host = firewalled.find((item) => item.id === name) ?? firewalled.find((item) => item.name === name);
    if (host !== undefined) return { kind: "host", host };
    const names = firewalled.map((item) => item.name);
    throw new Problem("unanswerable", `no host “${name}” with a firewall was read`, {
      remedy: names.length === 0 ? "the estate has no host firewalls" : `one of: ${names.join(", ")}`,
    });
  }
  const [only, second] = firewalled;
  if (estate.networks.size > 0 || only === undefined) return { kind: "estate", estate };
  if (second === undefined) return { kind: "host", host: only };
  throw new Problem("usage", `${firewalled.length} hosts were read, and no network around them: which one?`, {
    remedy: `--host with one of: ${firewalled.map((item) => item.name).join(", ")}`,
  });
}

// `ringwall reach`: everything that can reach everything, as sets; `--from internet` is the attack surface.
import { loadEstate } from "../formats/load.ts";
import type { Estate } from "../estate/model.ts";
import { Problem } from "../problem.ts";
import { reach, type Reach, type ReachQuestion } from "../questions/reach.ts";
import { choiceOption, flagOption, textOption, estateArgument } from "./options.ts";
import { reachText } from "./render/reach-text.ts";
import type { OptionValues, Terminal, Verb } from "./verb.ts";

const help = `ringwall reach: what can reach what, there and back, for all packets at once

usage: ringwall reach ESTATE [--from A] [--to B] [options]
       ringwall reach ESTATE --from internet          the attack surface

Ends that every rule and every route treat alike are one class. A flow is listed where the request gets there and the
answer comes back; what gets there and is not answered (⇥), and what hangs on something unknown (?), is told apart.

  --from A, --to B        an address, a name, an id, a tag, a pod, or internet; default: all
  --family 4|6            one address family; default: both
  --rings                 also what each ring by itself lets through, and by which rules
  --all                   in text, also what hangs on something unknown and is neither TCP, UDP nor SCTP
  --format F              text (default), json, csv, mermaid, dot (Graphviz) or svg (a picture for a review);
                          the JSON schema is schemas/reach.schema.json

Exit status: 0 something reaches something, 1 nothing does, 2 unusable input or usage.
`;

const formats = ["text", "json", "csv", "mermaid", "dot", "svg"] as const;
type Format = (typeof formats)[number];

export const reachVerb: Verb = {
  summary: "what can reach what, there and back, for all packets at once",
  help,
  options: {
    from: { type: "string" },
    to: { type: "string" },
    family: { type: "string" },
    rings: { type: "boolean" },
    all: { type: "boolean" },
    format: { type: "string" },
  },
  run: async (positionals, options, terminal) => {
    const path = estateArgument(positionals, "ringwall reach examples/three-tier --from internet");
    const format = choiceOption(options, "format", formats, "text");
    const family = choiceOption(options, "family", ["4", "6", "both"], "both");
    const [from, to] = [textOption(options, "from"), textOption(options, "to")];
    const question: ReachQuestion = {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(family === "both" ? {} : { family: family === "4" ? 4 : 6 }),
    };
    const estate = await loadEstate(path);
    if (
      estate.networks.size === 0 &&
      [...estate.hosts.values()].some((host) => host.firewall !== undefined)
    ) {
      throw new Problem(
        "unanswerable",
        `${path} is a firewall without a network around it: nobody stands there to reach anybody`,
        {
          remedy: `ringwall matrix ${path} --port 22 says who gets through it; ringwall.yaml can draw the network`,
        },
      );
    }
    const answer = reach(estate, question);
    terminal.write(await rendered(estate, answer, format, options, terminal));
    return answer.pairs.length > 0 ? 0 : 1;
  },
};

/** Renderers are loaded when asked for: the layout of pictures alone takes longer than a text answer. */
async function rendered(
  estate: Estate,
  answer: Reach,
  format: Format,
  options: OptionValues,
  terminal: Terminal,
): Promise<string> {
  const rings = flagOption(options, "rings");
  switch (format) {
    case "text":
      return reachText(estate.name, answer, {
        colour: terminal.colour,
        rings,
        all: flagOption(options, "all"),
      });
    case "json": {
      const { reachJson } = await import("./render/reach-json.ts");
      return `${JSON.stringify(reachJson(estate.name, answer, rings), undefined, 2)}\n`;
    }
    case "csv":
      return (await import("./render/reach-csv.ts")).reachCsv(answer);
    case "mermaid":
    case "dot":
    case "svg": {
      const { pictureOfReach } = await import("./render/picture/of-reach.ts");
      const picture = pictureOfReach(estate, answer);
      if (format === "mermaid") return (await import("./render/picture/mermaid.ts")).mermaid(picture);
      if (format === "dot") return (await import("./render/picture/dot.ts")).dot(picture);
      return (await import("./render/picture/svg.ts")).svg(picture);
    }
  }
}

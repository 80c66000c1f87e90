// What is fuzzed: every reader with its seeds, its way of being broken, and what is done with what it read. A reader's
// answer is a part of an estate, which is then asked about a packet; or a Problem with an origin.
import { mergeEstate } from "../src/estate/merge.ts";
import type { EstatePart } from "../src/estate/model.ts";
import { awsReader } from "../src/formats/aws/reader.ts";
import { cloudformationReader } from "../src/formats/cloudformation/reader.ts";
import { iptablesReader } from "../src/formats/iptables/reader.ts";
import { readJson } from "../src/formats/json.ts";
import { kubernetesReader } from "../src/formats/kubernetes/reader.ts";
import { nftablesReader } from "../src/formats/nftables/reader.ts";
import type { Reader, SourceFile } from "../src/formats/reader.ts";
import { ringwallReader } from "../src/formats/ringwall/reader.ts";
import { terraformReader } from "../src/formats/terraform/reader.ts";
import { readCapture } from "../src/packet/capture/capture.ts";
import { decode } from "../src/packet/decode.ts";
import { packetText } from "../src/packet/packet.ts";
import { parsePacketText } from "../src/packet/packet-text.ts";
import { Problem } from "../src/problem.ts";
import { askEstate } from "./ask.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateText } from "./mutate-text.ts";
import type { Random } from "./random.ts";
import { exampleTexts, seedFiles, seedFrames, seedText } from "./seeds.ts";

export type Input = string | Uint8Array;

export interface Target {
  readonly name: string;
  /** How many inputs it gets, compared with the others: slow readers get fewer. */
  readonly weight: number;
  /** Whether its problems have to name a place; a word on the command line has none. */
  readonly placed: boolean;
  readonly seeds: readonly Input[];
  readonly make: (random: Random) => Input;
  /** @throws Problem where the input is refused; anything else that it throws is a defect */
  readonly run: (input: Input) => void | Promise<void>;
}

interface TextTarget {
  readonly name: string;
  readonly seeds: readonly string[];
  readonly weight: number;
  readonly run: (text: string) => void;
  readonly placed?: boolean;
}

function textTarget({ name, seeds, weight, run, placed = true }: TextTarget): Target {
  return {
    name,
    weight,
    placed,
    seeds,
    make: (random) => {
      const seed = random.pick(seeds);
      const whole = random.chance(2) ? mutateJson(seed, random) : undefined;
      return whole ?? mutateText(seed, random, seeds);
    },
    run: (input) => run(typeof input === "string" ? input : ""),
  };
}

/** Reads as the loader does: a file that is not recognised is refused before its reader sees it. */
function readAndAsk(reader: Reader, files: readonly SourceFile[]): void {
  for (const file of files) {
    if (!reader.recognises(file))
      throw new Problem("unrecognised", "not recognised", { origin: { file: file.path, line: 1 } });
  }
  const part: EstatePart = reader.read(files);
  askEstate(mergeEstate("fuzzed", [part]));
}

/** Parameters of templates are JSON too. */
function isExport(text: string): boolean {
  return awsReader.recognises({ path: "account.json", text });
}

const rules = seedText("host.iptables");
const beside = (path: string) => (text: string) =>
  readAndAsk(iptablesReader, [
    { path: "host/rules", text: rules },
    { path, text },
  ]);

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = bytes.length >> 1;
  yield bytes.subarray(0, half);
  yield bytes.subarray(half);
}

const frames = seedFrames("frames.hex");
const frameBytes = frames.map(({ head, bytes }) =>
  Buffer.concat([Buffer.from([head >> 8, head & 255]), bytes]),
);
const captures = seedFiles("captures.hex");

export const targets: readonly Target[] = [
  textTarget({
    name: "iptables-save",
    weight: 3,
    seeds: [rules, seedText("host6.iptables"), ...exampleTexts(".rules")],
    run: (text) => readAndAsk(iptablesReader, [{ path: "host.rules", text }]),
  }),
  textTarget({ name: "ipset", weight: 2, seeds: [seedText("sets.ipset")], run: beside("host/sets") }),
  textTarget({
    name: "ip route",
    weight: 1.5,
    seeds: [seedText("routes.iproute")],
    run: beside("host/routes"),
  }),
  textTarget({
    name: "ip addr",
    weight: 1.5,
    seeds: [seedText("addresses.ipaddr")],
    run: beside("host/addresses"),
  }),
  textTarget({
    name: "nft json",
    weight: 2,
    seeds: [seedText("ruleset.nft.json")],
    run: (text) => readAndAsk(nftablesReader, [{ path: "host.json", text }]),
  }),
  textTarget({
    name: "aws json",
    weight: 3,
    seeds: [seedText("account.aws.json"), ...exampleTexts(".json").filter(isExport)],
    run: (text) => readAndAsk(awsReader, [{ path: "account.json", text }]),
  }),
  textTarget({
    name: "cloudformation",
    weight: 0.35,
    seeds: [seedText("shop.cloudformation.yaml"), seedText("shop.cloudformation.json")],
    run: (text) => {
      const ending = text.trimStart().startsWith("{") ? "json" : "yaml";
      readAndAsk(cloudformationReader, [{ path: `shop.${ending}`, text }]);
    },
  }),
  textTarget({
    name: "terraform",
    weight: 0.5,
    seeds: [seedText("shop.terraform.json")],
    run: (text) => readAndAsk(terraformReader, [{ path: "plan.json", text }]),
  }),
  textTarget({
    name: "kubernetes",
    weight: 0.35,
    seeds: [seedText("cluster.kubernetes.yaml")],
    run: (text) => readAndAsk(kubernetesReader, [{ path: "cluster.yaml", text }]),
  }),
  textTarget({
    name: "ringwall yaml",
    weight: 0.5,
    seeds: [seedText("estate.ringwall.yaml"), ...exampleTexts("ringwall.yaml")],
    run: (text) => readAndAsk(ringwallReader, [{ path: "ringwall.yaml", text }]),
  }),
  textTarget({
    name: "json",
    weight: 3,
    seeds: [seedText("ruleset.nft.json"), seedText("account.aws.json"), '{"a": [1, true, null, "x"]}'],
    run: (text) => void readJson({ path: "file.json", text }),
  }),
  textTarget({
    name: "--packet",
    weight: 8,
    placed: false,
    seeds: seedText("packets.txt").trimEnd().split("\n"),
    run: (text) => void packetText(parsePacketText(text).packet),
  }),
  {
    name: "pcap, pcapng",
    weight: 8,
    placed: true,
    seeds: captures,
    make: (random) => mutateBytes(random.pick(captures), random, captures),
    run: async (input) => {
      const bytes = typeof input === "string" ? new Uint8Array() : input;
      for await (const packet of readCapture(inChunks(bytes), "fuzz.pcap"))
        decode(packet.frame, packet.linkType, packet.wireBytes);
    },
  },
  {
    name: "decode",
    weight: 14,
    placed: true,
    seeds: frameBytes,
    make: (random) => mutateBytes(random.pick(frameBytes), random, frameBytes),
    run: (input) => {
      const [high = 0, low = 0, ...frame] = typeof input === "string" ? [] : input;
      const decoded = decode(Uint8Array.from(frame), (high << 8) | low);
      if (decoded.kind === "packet") packetText(decoded.packet);
    },
  },
];

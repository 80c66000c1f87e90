// Which reader a file belongs to. A look at the first characters chooses the candidates, each candidate is asked, and
// only those modules are loaded: start-up pays for the formats that are there.
import type { Reader, SourceFile } from "./reader.ts";

const readers: Readonly<Record<string, () => Promise<Reader>>> = {
  aws: async () => (await import("./aws/reader.ts")).awsReader,
  iptables: async () => (await import("./iptables/reader.ts")).iptablesReader,
  kubernetes: async () => (await import("./kubernetes/reader.ts")).kubernetesReader,
  nftables: async () => (await import("./nftables/reader.ts")).nftablesReader,
  ringwall: async () => (await import("./ringwall/reader.ts")).ringwallReader,
};

/** JSON is told apart by its first keys, so that an AWS export does not load the YAML readers. */
function candidates(file: SourceFile): readonly string[] {
  const head = file.text.slice(0, 4096).trimStart();
  if (head.startsWith("{") || head.startsWith("[")) {
    if (head.includes('"nftables"')) return ["nftables"];
    return head.includes('"apiVersion"') ? ["kubernetes", "aws"] : ["aws", "kubernetes"];
  }
  if (/\.ya?ml$/i.test(file.path))
    return /^ringwall\s*:/m.test(file.text) ? ["ringwall"] : ["kubernetes", "ringwall"];
  return ["iptables", "ringwall", "kubernetes"];
}

/** The reader of a file, or none where no format is recognised. */
export async function readerOf(file: SourceFile): Promise<Reader | undefined> {
  for (const name of candidates(file)) {
    const reader = await readers[name]?.();
    if (reader?.recognises(file) === true) return reader;
  }
  return undefined;
}

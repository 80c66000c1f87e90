// Which reader a file belongs to. A look at the first characters chooses the candidates, each candidate is asked, and
// only those modules are loaded: start-up pays for the formats that are there.
import type { Reader, SourceFile } from "./reader.ts";

const readers: Readonly<Record<string, () => Promise<Reader>>> = {
  aws: async () => (await import("./aws/reader.ts")).awsReader,
  cloudformation: async () => (await import("./cloudformation/reader.ts")).cloudformationReader,
  iptables: async () => (await import("./iptables/reader.ts")).iptablesReader,
  kubernetes: async () => (await import("./kubernetes/reader.ts")).kubernetesReader,
  nftables: async () => (await import("./nftables/reader.ts")).nftablesReader,
  ringwall: async () => (await import("./ringwall/reader.ts")).ringwallReader,
  terraform: async () => (await import("./terraform/reader.ts")).terraformReader,
};

/** JSON is told apart by its first keys, so that an AWS export does not load the YAML readers. */
function candidates(file: SourceFile): readonly string[] {
  const head = file.text.slice(0, 4096).trimStart();
  if (head.startsWith("{") || head.startsWith("[")) {
    if (head.includes('"nftables"')) return ["nftables"];
    if (head.includes('"terraform_version"') || head.includes('"format_version"')) return ["terraform"];
    if (mayBeTemplate(file)) return ["cloudformation", "aws", "kubernetes"];
    return head.includes('"apiVersion"') ? ["kubernetes", "aws"] : ["aws", "kubernetes"];
  }
  if (/\.ya?ml$/i.test(file.path))
    return /^ringwall\s*:/m.test(file.text)
      ? ["ringwall"]
      : mayBeTemplate(file)
        ? ["cloudformation", "kubernetes"]
        : ["kubernetes", "ringwall"];
  if (mayBeTemplate(file)) return ["cloudformation", "iptables", "ringwall", "kubernetes"];
  return ["iptables", "ringwall", "kubernetes"];
}

/** A template's long descriptions and parameters may stand before anything that tells it. */
function mayBeTemplate(file: SourceFile): boolean {
  const head = file.text.slice(0, 1 << 18);
  return (
    /AWSTemplateFormatVersion["']?\s*:|^\s*["']?Resources["']?\s*:/m.test(head) ||
    /"Resources"\s*:\s*\{/.test(head) ||
    (/parameters\.json$/i.test(file.path) && /"Parameter(?:Key|s)"/.test(head))
  );
}

/** The reader of a file, or none where no format is recognised. */
export async function readerOf(file: SourceFile): Promise<Reader | undefined> {
  for (const name of candidates(file)) {
    const reader = await readers[name]?.();
    if (reader?.recognises(file) === true) return reader;
  }
  return undefined;
}

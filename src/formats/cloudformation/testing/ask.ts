// For tests: what a trace of an estate from templates answers, and what it says the answer depends on.
import { TCP } from "../../../packet/protocol.ts";
import { trace } from "../../../questions/trace.ts";
import { estateOf } from "./read.ts";

/** `from to port`, over TCP. */
export function ask(files: Readonly<Record<string, string>> | string, question: string): string {
  const [from = "", to = "", port = ""] = question.split(" ");
  const estate = estateOf(typeof files === "string" ? { "shop.yaml": files } : files);
  return trace(estate, { from, to, protocol: TCP, port: Number(port) }).answer;
}

/** Why an answer depends, in the reader's words. */
export function causes(files: Readonly<Record<string, string>> | string, question: string): string[] {
  const [from = "", to = "", port = ""] = question.split(" ");
  const estate = estateOf(typeof files === "string" ? { "shop.yaml": files } : files);
  return trace(estate, { from, to, protocol: TCP, port: Number(port) }).dependsOn.map((cause) => cause.what);
}

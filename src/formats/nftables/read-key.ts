// Turns the left side of a test into a key: which nft expression asks for what. An expression that is not understood is
// an opaque key, never an error: a newer nft may know words that are not here.
import type { Json } from "../json.ts";
import { withOperator, type Bits } from "./bits.ts";
import { connectionKey } from "./key-ct.ts";
import { extensionKey, fibKey, metaKey } from "./key-meta.ts";
import { payloadKey } from "./key-payload.ts";
import { opaque, type Key, type Scope } from "./keys.ts";
import { expressionText } from "./print-expression.ts";
import { binaryOf, numberOf, partsOf, tagged } from "./shape.ts";
import { addressConstant, numberConstant } from "./values.ts";

/** The keys of a test, in order: several where it is a concatenation. */
export function readKeys(scope: Scope, left: Json): readonly Key[] {
  return partsOf(left).map((part) => readKey(scope, part));
}

function readKey(scope: Scope, left: Json): Key {
  const text = expressionText(left);
  const binary = binaryOf(left);
  if (binary !== undefined)
    return maskedKey(readKey(scope, binary.left), binary.operator, binary.right, text);
  const expression = tagged(left);
  if (expression === undefined) return strange(text);
  const { kind, fields } = expression;
  switch (kind) {
    case "payload":
      return payloadKey(scope, fields, text);
    case "meta":
      return metaKey(fields, text);
    case "ct":
      return connectionKey(scope, fields, text);
    case "fib":
      return fibKey(fields, text);
    case "tcp option":
    case "exthdr":
    case "ip option":
    case "sctp chunk":
    case "dccp option":
      return extensionKey(scope, kind, fields, text);
    case "numgen":
    case "jhash":
    case "symhash": {
      const first = numberOf(fields["offset"]) ?? 0;
      const outcomes = [first, first + (numberOf(fields["mod"]) ?? 1) - 1] as const;
      const why = kind === "numgen" ? "a number that nft counts or draws" : "a hash of the packet";
      return opaque(text, why, { outcomes });
    }
    case "socket":
      return opaque(text, "whether and which local socket waits for it");
    case "osf":
      return opaque(text, "which system its sender seems to run");
    case "rt":
      return opaque(text, "the route that was chosen for it");
    case "ipsec":
      return opaque(text, "whether and how it came through IPsec");
    default:
      return strange(text);
  }
}

function strange(text: string): Key {
  return opaque(text, "an expression that Ringwall does not know", { understood: false });
}

function maskedKey(key: Key, operator: string, right: readonly Json[], text: string): Key {
  if (key.kind !== "numeric" && key.kind !== "mark" && key.kind !== "address") {
    return key.kind === "opaque"
      ? { ...key, text }
      : opaque(text, "bits of a property", { needs: key.needs, understood: key.kind === "status" });
  }
  let bits: Bits | undefined = key.bits;
  for (const item of right) {
    const constant = constantFor(key, operator, item);
    bits = bits === undefined || constant === undefined ? undefined : withOperator(bits, operator, constant);
  }
  if (bits === undefined) {
    return opaque(text, "bits that are computed from another field", {
      needs: key.readable,
      understood: false,
    });
  }
  if (key.kind !== "numeric") return { ...key, bits, text };
  const { field: _, ...whole } = key;
  return { ...whole, bits, text };
}

function constantFor(key: Key, operator: string, value: Json): bigint | undefined {
  if (operator === "<<" || operator === ">>" || key.kind !== "address") {
    const number = numberConstant(key.kind === "numeric" ? key.parse : () => undefined, value);
    return number === undefined ? undefined : BigInt(number);
  }
  const address = addressConstant(key.family, value);
  return address === undefined ? undefined : BigInt(address.value);
}

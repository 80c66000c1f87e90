// Numbers in network byte order out of a byte array. Past the end they read zeros: whoever calls has compared lengths
// before, and a mistake there must not become an exception on somebody's capture.

export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function twoBytesAt(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

/** Unsigned, 32 bits. */
export function fourBytesAt(bytes: Uint8Array, at: number): number {
  return ((twoBytesAt(bytes, at) << 16) | twoBytesAt(bytes, at + 2)) >>> 0;
}

export function sixteenBytesAt(bytes: Uint8Array, at: number): bigint {
  const high = (BigInt(fourBytesAt(bytes, at)) << 32n) | BigInt(fourBytesAt(bytes, at + 4));
  const low = (BigInt(fourBytesAt(bytes, at + 8)) << 32n) | BigInt(fourBytesAt(bytes, at + 12));
  return (high << 64n) | low;
}

const hexPairs = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** A hardware address of six bytes: `02:00:5e:10:00:01`. */
export function macAt(bytes: Uint8Array, at: number): string {
  let text = hexPairs[byteAt(bytes, at)] ?? "";
  for (let i = 1; i < 6; i += 1) text += `:${hexPairs[byteAt(bytes, at + i)] ?? ""}`;
  return text;
}

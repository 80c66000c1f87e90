// The system calls that Node does not offer, through koffi: raw sockets, rings, network namespaces. Thin: a failure
// is an Error with the call and its errno; what the calls are for stands in sockets.ts, nflog.ts and namespaces.ts.
import koffi from "koffi";

type Native = (...values: readonly unknown[]) => number;

const libc = koffi.load("libc.so.6");
const declared = (definition: string): Native => libc.func(definition) as Native;

const nativeSocket = declared("int socket(int, int, int)");
const nativeSetsockopt = declared("int setsockopt(int, int, int, const uint8_t *, uint32_t)");
const nativeBind = declared("int bind(int, const uint8_t *, uint32_t)");
const nativeClose = declared("int close(int)");
const nativeSend = declared("long send(int, const uint8_t *, size_t, int)");
const nativeSendto = declared("long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)");
const nativeRecv = declared("long recv(int, uint8_t *, size_t, int)");
const nativeSendmmsg = declared("int sendmmsg(int, uint8_t *, uint32_t, int)");
const nativePoll = declared("int poll(uint8_t *, unsigned long, int)");
const nativeSetns = declared("int setns(int, int)");
const nativeInterfaceIndex = declared("uint32_t if_nametoindex(const char *)");
const nativeSetAffinity = declared("int sched_setaffinity(int, size_t, const uint8_t *)");
const nativeGetAffinity = libc.func("int sched_getaffinity(int, size_t, _Out_ uint8_t *)") as Native;
const nativeProcessor = declared("int sched_getcpu()");
const nativeMmap = libc.func("void *mmap(void *, size_t, int, int, int, long)") as (
  ...values: readonly unknown[]
) => unknown;
const nativeMunmap = declared("int munmap(void *, size_t)");

/** The result, or an Error that names the call and errno (`errno 1` is EPERM, `errno 105` ENOBUFS). */
function checked(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed with errno ${koffi.errno()}`);
  return result;
}

/** EAGAIN: a socket that does not block has nothing (more) to give. */
const EAGAIN = 11;

export function openSocket(family: number, type: number, protocol: number): number {
  return checked("socket", nativeSocket(family, type, protocol));
}

export function setOption(socket: number, level: number, option: number, value: Buffer | number): void {
  const bytes = typeof value === "number" ? int32(value) : value;
  checked(`setsockopt ${level} ${option}`, nativeSetsockopt(socket, level, option, bytes, bytes.length));
}

export function bindSocket(socket: number, address: Buffer): void {
  checked("bind", nativeBind(socket, address, address.length));
}

export function closeSocket(socket: number): void {
  nativeClose(socket);
}

export function sendBytes(socket: number, bytes: Uint8Array): void {
  checked("send", nativeSend(socket, bytes, bytes.length, 0));
}

/** False where the kernel's own filter refused the packet (EPERM: an output chain dropped it). */
export function sendTo(socket: number, bytes: Uint8Array, address: Buffer): boolean {
  const sent = nativeSendto(socket, bytes, bytes.length, 0, address, address.length);
  if (sent < 0 && koffi.errno() === 1) return false;
  checked("sendto", sent);
  return true;
}

/** The number of bytes received, or undefined where there is nothing to receive. `flags` as recv(2) has them. */
export function receive(socket: number, into: Buffer, flags: number): number | undefined {
  const count = nativeRecv(socket, into, into.length, flags);
  if (count < 0 && koffi.errno() === EAGAIN) return undefined;
  return checked("recv", count);
}

/** Sends `count` messages of an array of struct mmsghdr; returns how many went. */
export function sendMany(socket: number, headers: Buffer, count: number): number {
  return checked("sendmmsg", nativeSendmmsg(socket, headers, count, 0));
}

/** Waits until the socket has something to read, for `timeoutMs` at most. */
export function waitReadable(socket: number, timeoutMs: number): void {
  const request = Buffer.alloc(8);
  request.writeInt32LE(socket, 0);
  request.writeUInt16LE(1, 4);
  nativePoll(request, 1, timeoutMs);
}

/** Moves the calling thread into the network namespace behind an open file descriptor. */
export function enterNamespace(descriptor: number): void {
  const CLONE_NEWNET = 0x40000000;
  checked("setns", nativeSetns(descriptor, CLONE_NEWNET));
}

export function interfaceIndex(name: string): number {
  const index = nativeInterfaceIndex(name);
  if (index === 0) throw new Error(`no interface ${name} in this namespace`);
  return index;
}

/** Keeps the calling thread on the processor that it is on for the length of some work, so that what it sends stays in order. */
export function onOneProcessor<Result>(work: () => Result): Result {
  const before = Buffer.alloc(128);
  checked("sched_getaffinity", nativeGetAffinity(0, before.length, before));
  const processor = nativeProcessor();
  const mask = Buffer.alloc(128);
  mask.writeUInt8(1 << (processor & 7), processor >> 3);
  checked("sched_setaffinity", nativeSetAffinity(0, mask.length, mask));
  try {
    return work();
  } finally {
    checked("sched_setaffinity", nativeSetAffinity(0, before.length, before));
  }
}

export interface Mapping {
  readonly bytes: Buffer;
  readonly release: () => void;
}

/** Maps a socket's ring into this process, readable and writable. */
export function mapSocket(socket: number, bytes: number): Mapping {
  const PROT_READ_WRITE = 3;
  const MAP_SHARED = 1;
  const pointer = nativeMmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, socket, 0);
  return {
    bytes: Buffer.from(koffi.view(pointer, bytes)),
    release: () => nativeMunmap(pointer, bytes),
  };
}

export function addressOfBuffer(buffer: Buffer): bigint {
  return koffi.address(buffer);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

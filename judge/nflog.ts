// Reads the packets that a `log group` rule hands to user space (NFLOG over netlink): how the judge sees what reached
// the gateway itself. Only the payload is read.
import { bindSocket, closeSocket, openSocket, receive, sendBytes, setOption } from "./libc.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_NETFILTER = 12;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
/** NFNL_SUBSYS_ULOG, and the message and attribute numbers of linux/netfilter/nfnetlink_log.h. */
const subsystem = 4;
const message = { packet: 0, configure: 1 } as const;
const configuration = { command: 1, mode: 2, bufferBytes: 3, threshold: 5 } as const;
const payloadAttribute = 9;
const NLM_F_REQUEST_ACK = 5;

export class LogSocket {
  readonly #socket: number;
  readonly #buffer = Buffer.alloc(1 << 17);

  /** Binds to a log group of the namespace that it is made in; copies up to `copyBytes` of each packet. */
  constructor(group: number, copyBytes: number) {
    this.#socket = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
    setOption(this.#socket, SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    bindSocket(this.#socket, address);
    this.#configure(group, configuration.command, Buffer.from([1]));
    const mode = Buffer.alloc(6);
    mode.writeUInt32BE(copyBytes, 0);
    mode.writeUInt8(2, 4);
    this.#configure(group, configuration.mode, mode);
    // One packet a message: each is there as soon as the rule has seen it.
    this.#configure(group, configuration.threshold, Buffer.from([0, 0, 0, 1]));
  }

  #configure(group: number, attribute: number, value: Buffer): void {
    const padded = (4 + value.length + 3) & ~3;
    const request = Buffer.alloc(20 + padded);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE((subsystem << 8) | message.configure, 4);
    request.writeUInt16LE(NLM_F_REQUEST_ACK, 6);
    request.writeUInt16BE(group, 18);
    request.writeUInt16LE(4 + value.length, 20);
    request.writeUInt16LE(attribute, 22);
    value.copy(request, 24);
    sendBytes(this.#socket, request);
    receive(this.#socket, this.#buffer, 0);
    const error = this.#buffer.readInt32LE(16);
    if (error !== 0) throw new Error(`the kernel refused log group ${group}: errno ${-error}`);
  }

  get descriptor(): number {
    return this.#socket;
  }

  /** Hands every packet logged since the last call to `take`; the bytes are good during the call only. */
  drain(take: (packet: Buffer) => void): void {
    for (;;) {
      const length = receive(this.#socket, this.#buffer, MSG_DONTWAIT);
      if (length === undefined) return;
      for (let at = 0; at + 20 <= length;) {
        const size = this.#buffer.readUInt32LE(at);
        if (size < 16) break;
        if (this.#buffer.readUInt16LE(at + 4) === ((subsystem << 8) | message.packet))
          this.#takePayload(at + 20, at + size, take);
        at += (size + 3) & ~3;
      }
    }
  }

  #takePayload(from: number, end: number, take: (packet: Buffer) => void): void {
    for (let at = from; at + 4 <= end;) {
      const size = this.#buffer.readUInt16LE(at);
      if (size < 4) return;
      if ((this.#buffer.readUInt16LE(at + 2) & 0x3fff) === payloadAttribute)
        take(this.#buffer.subarray(at + 4, at + size));
      at += (size + 3) & ~3;
    }
  }

  close(): void {
    closeSocket(this.#socket);
  }
}

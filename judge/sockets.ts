// Frames onto a link and off it: an AF_PACKET socket that sends many frames in one call, and a ring in shared memory
// that holds what arrived. Frames are Ethernet with an IP packet in them; anything else that arrives is passed over.
import {
  addressOfBuffer,
  bindSocket,
  closeSocket,
  interfaceIndex,
  int32,
  mapSocket,
  openSocket,
  sendMany,
  setOption,
  type Mapping,
} from "./libc.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const ETH_P_ALL = 3;

const frameBytes = 2048;
const blockBytes = 1 << 18;
const ethernetBytes = 14;
/** Offsets in struct tpacket2_hdr (packet(7)). */
const ring = { status: 0, length: 4, mac: 12 } as const;

function linkAddress(index: number, protocol: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(protocol, 2);
  address.writeInt32LE(index, 4);
  return address;
}

/** The far end of a link: sends frames towards the gateway and reads what the gateway sent. Made inside its namespace. */
export class LinkSocket {
  readonly #sender: number;
  readonly #receiver: number;
  readonly #mapping: Mapping;
  readonly #slots: number;
  readonly #queue: Queue;
  #next = 0;

  /** @param most frames that may be waiting to be read, and that one `send` takes */
  constructor(far: string, gatewayMac: Buffer, most: number) {
    const index = interfaceIndex(far);
    this.#sender = openSocket(AF_PACKET, SOCK_RAW, 0);
    bindSocket(this.#sender, linkAddress(index, 0));
    setOption(this.#sender, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    this.#receiver = openSocket(AF_PACKET, SOCK_RAW, 0);
    const perBlock = blockBytes / frameBytes;
    const blocks = Math.ceil((most * 2) / perBlock);
    this.#slots = blocks * perBlock;
    setOption(this.#receiver, SOL_PACKET, PACKET_VERSION, 1);
    setOption(this.#receiver, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    setOption(
      this.#receiver,
      SOL_PACKET,
      PACKET_RX_RING,
      Buffer.concat([blockBytes, blocks, frameBytes, this.#slots].map(int32)),
    );
    this.#mapping = mapSocket(this.#receiver, blocks * blockBytes);
    bindSocket(this.#receiver, linkAddress(index, ETH_P_ALL));
    this.#queue = new Queue(gatewayMac, most);
  }

  get descriptor(): number {
    return this.#receiver;
  }

  /** Puts an IP packet into the next frame; `flush` sends them all in order. */
  add(packet: Uint8Array): void {
    if (this.#queue.add(packet)) this.flush();
  }

  flush(): void {
    this.#queue.sendAll(this.#sender);
  }

  /** Hands every IP packet that has arrived since the last call to `take`; the bytes are good during the call only. */
  drain(take: (packet: Buffer) => void): number {
    const { bytes } = this.#mapping;
    let count = 0;
    for (;;) {
      const at = this.#next * frameBytes;
      if ((bytes.readUInt32LE(at + ring.status) & 1) === 0) return count;
      const frame = at + bytes.readUInt16LE(at + ring.mac);
      const type = bytes.readUInt16BE(frame + 12);
      if (type === 0x0800 || type === 0x86dd)
        take(bytes.subarray(frame + ethernetBytes, frame + bytes.readUInt32LE(at + ring.length)));
      bytes.writeUInt32LE(0, at + ring.status);
      this.#next = (this.#next + 1) % this.#slots;
      count += 1;
    }
  }

  close(): void {
    this.#mapping.release();
    closeSocket(this.#sender);
    closeSocket(this.#receiver);
  }
}

/** Frames in one piece of memory, with the struct mmsghdr and struct iovec that sendmmsg(2) reads; never moved, never freed early. */
class Queue {
  readonly #frames: Buffer;
  readonly #vectors: Buffer;
  readonly #headers: Buffer;
  readonly #most: number;
  #count = 0;

  constructor(gatewayMac: Buffer, most: number) {
    this.#most = most;
    this.#frames = Buffer.alloc(most * frameBytes);
    this.#vectors = Buffer.alloc(most * 16);
    this.#headers = Buffer.alloc(most * 64);
    const frames = addressOfBuffer(this.#frames);
    const vectors = addressOfBuffer(this.#vectors);
    for (let at = 0; at < most; at += 1) {
      gatewayMac.copy(this.#frames, at * frameBytes);
      this.#frames.writeUInt16BE(0x0200, at * frameBytes + 6);
      this.#vectors.writeBigUInt64LE(frames + BigInt(at * frameBytes), at * 16);
      this.#headers.writeBigUInt64LE(vectors + BigInt(at * 16), at * 64 + 16);
      this.#headers.writeBigUInt64LE(1n, at * 64 + 24);
    }
  }

  /** True where the queue is full now. */
  add(packet: Uint8Array): boolean {
    const at = this.#count * frameBytes;
    this.#frames.writeUInt16BE(packet[0] === undefined || packet[0] >> 4 === 4 ? 0x0800 : 0x86dd, at + 12);
    this.#frames.set(packet, at + ethernetBytes);
    this.#vectors.writeBigUInt64LE(BigInt(ethernetBytes + packet.length), this.#count * 16 + 8);
    this.#count += 1;
    return this.#count === this.#most;
  }

  sendAll(socket: number): void {
    let sent = 0;
    while (sent < this.#count)
      sent += sendMany(socket, this.#headers.subarray(sent * 64), this.#count - sent);
    this.#count = 0;
  }
}

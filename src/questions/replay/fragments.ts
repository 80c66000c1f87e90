// Fragments share the fate of their datagram. A kernel that tracks connections puts a datagram together before any rule
// sees it (nf_defrag); a replay judges the first fragment, which has the ports, in its place.
import type { FragmentPlace } from "../../packet/decoded.ts";
import { addressText, type Packet } from "../../packet/packet.ts";
import type { Judgement } from "./model.ts";

interface Datagram {
  readonly number: number;
  readonly judgement: Judgement;
}

/** Datagrams remembered at a time; a datagram's fragments come close together. */
const most = 4096;

export class Fragments {
  readonly #datagrams = new Map<string, Datagram>();

  /** Remembers what became of a datagram whose first fragment was packet `number`. */
  note(packet: Packet, place: FragmentPlace, number: number, judgement: Judgement): void {
    if (this.#datagrams.size >= most) {
      const oldest = this.#datagrams.keys().next();
      if (oldest.done !== true) this.#datagrams.delete(oldest.value);
    }
    this.#datagrams.set(key(packet, place), { number, judgement });
  }

  /** The judgement of a later fragment. */
  follow(packet: Packet, place: FragmentPlace): Judgement {
    const datagram = this.#datagrams.get(key(packet, place));
    if (datagram === undefined) {
      const what = "the first fragment of its datagram, which was not captured before it";
      return { verdict: "depends", why: `hangs on ${what}`, causes: [{ kind: "condition", what }] };
    }
    const { number, judgement } = datagram;
    return {
      ...judgement,
      why: `goes with packet ${number}, the first fragment of its datagram: ${judgement.why}`,
    };
  }
}

/** The packet as it is put together again: whole, and of a length that one fragment does not tell. */
export function reassembled(packet: Packet): Packet {
  const { fragment: _fragment, length: _length, ...whole } = packet;
  return whole;
}

function key(packet: Packet, place: FragmentPlace): string {
  const protocol = typeof packet.protocol === "number" ? packet.protocol : "";
  return `${addressText(packet.source)} ${addressText(packet.destination)} ${protocol} ${place.identification}`;
}

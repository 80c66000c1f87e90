// Service matrices as JSON. Computes nothing.
import { formatAddress, formatPrefix } from "../../packet/address.ts";
import { prefixesOf } from "../../packet/address-set.ts";
import { protocolName } from "../../packet/protocol.ts";
import type { ServiceMatrix } from "../../questions/matrix.ts";
import type { Spoofing } from "../../questions/matrix/spoofing.ts";
import { packetJson } from "./trace-json.ts";

export function matrixJson(
  host: string,
  hook: string,
  matrices: readonly ServiceMatrix[],
  spoofed: readonly Spoofing[],
): object {
  return {
    schema: "ringwall.matrix/1",
    host,
    hook,
    matrices: matrices.map(({ service, classes, edges }) => ({
      service: { ...service, protocol: protocolName(service.protocol) },
      classes: classes.map(({ addresses, representative }) => ({
        addresses: prefixesOf(addresses).map(formatPrefix),
        representative: formatAddress(representative),
      })),
      edges,
    })),
    spoofing: spoofed.map(({ device, spoofed: can, witness }) => ({
      device,
      spoofed: can,
      ...(witness === undefined ? {} : { witness: packetJson(witness.packet) }),
    })),
  };
}

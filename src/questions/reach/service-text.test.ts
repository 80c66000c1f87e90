import { expect, test } from "vitest";
import { ICMP, TCP, UDP } from "../../packet/protocol.ts";
import type { Service } from "./model.ts";
import { flowText, flowTexts } from "./service-text.ts";

test("a service reads as people write it", () => {
  expect(flowText({ protocol: TCP, destinationPorts: [80, 80, 443, 443] })).toBe("tcp 80, 443");
  expect(flowText({ protocol: UDP })).toBe("udp (every port)");
  expect(flowText({ protocol: ICMP, icmp: { types: [8, 8] } })).toBe("icmp type 8");
  expect(flowText({ protocol: 47 })).toBe("gre");
  expect(flowText({ protocol: "any" })).toBe("everything");
  expect(flowText({ protocol: TCP, destinationPorts: [22, 22], sourcePorts: [49152, 65535] })).toBe(
    "tcp 22 (only from ports 49152–65535)",
  );
});

test("nearly everything is told by what is missing", () => {
  const all: Service[] = Array.from({ length: 256 }, (_, protocol) => ({ protocol }));
  const services = all.flatMap((service): Service[] =>
    service.protocol === TCP
      ? [{ protocol: TCP, destinationPorts: [0, 24, 26, 65535] }]
      : service.protocol === UDP
        ? []
        : [service],
  );
  expect(flowTexts(services, 3)).toEqual(["everything except tcp 25, udp"]);
});

test("what there is no room for is counted", () => {
  const services: Service[] = [TCP, UDP, 132, 47].map((protocol) => ({ protocol }));
  expect(flowTexts(services, 3)).toEqual(["tcp (every port)", "udp (every port)", "and 2 services more"]);
});

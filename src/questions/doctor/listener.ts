// Does the application listen, and where: on every address, on this one, or on 127.0.0.1 alone? And does it keep up?
import type { HostSnapshot, ListeningSocket } from "../../layers/host/snapshot.ts";
import { formatAddress, type Address } from "../../packet/address.ts";
import { protocolName, TCP } from "../../packet/protocol.ts";
import { isForwarded, isLoopback, serviceName, type DoctorContext } from "./context.ts";
import type { Examined } from "./model.ts";

export function checkListener(context: DoctorContext): Examined[] {
  // A published port is answered behind the host; the firewall's own line says where.
  if (isForwarded(context)) return [];
  const { host, question, server } = context;
  const here = host.sockets.filter(
    (socket) => socket.protocol === question.protocol && socket.port === question.port,
  );
  const open = here.find((socket) => takes(host, socket, server));
  const base = { check: "listener", lookedAt: `/proc/net/${question.protocol === TCP ? "tcp" : "udp"}[6]` };
  if (open !== undefined) {
    return [
      { ...base, health: "fine", found: `${programText(open)} listens on ${socketText(open)}` },
      ...attempts(context),
      ...backlog(context, open),
    ];
  }
  return [{ ...base, health: "fault", ...whyNobody(context, here) }, ...attempts(context)];
}

function whyNobody(
  { host, question, server }: DoctorContext,
  here: readonly ListeningSocket[],
): Pick<Examined, "found" | "remedy"> {
  const service = serviceName(question);
  const local = here.find((socket) => isLoopback(socket.address));
  if (local !== undefined) {
    return {
      found: `${programText(local)} listens on ${socketText(local)}, so only this host itself reaches it`,
      remedy: `let it listen on ${server.family === 4 ? "0.0.0.0" : "::"} or on ${formatAddress(server)}`,
    };
  }
  const [other] = here;
  if (other !== undefined) {
    return {
      found: `${programText(other)} listens on ${socketText(other)}, and not on ${formatAddress(server)}`,
      remedy: `let it listen on ${formatAddress(server)} too, or connect to ${formatAddress(other.address)}`,
    };
  }
  const otherProtocol = host.sockets.find((socket) => socket.port === question.port);
  if (otherProtocol !== undefined) {
    return {
      found: `nothing listens on ${service}; ${programText(otherProtocol)} listens on ${protocolName(otherProtocol.protocol)} ${otherProtocol.port}`,
      remedy: `ask for ${protocolName(otherProtocol.protocol)}, or start the program that serves ${service}`,
    };
  }
  return {
    found: `nothing listens on ${service}`,
    remedy: "start the program, and look into its own log if it ended by itself",
  };
}

/** Whether a socket takes what comes to an address: its own, or any; `::` takes IPv4 too unless that is switched off. */
function takes(host: HostSnapshot, socket: ListeningSocket, server: Address): boolean {
  const { address } = socket;
  const isAny = Number(address.value) === 0;
  if (address.family === server.family) return isAny || address.value === server.value;
  return isAny && address.family === 6 && host.dualStack;
}

/** What connecting from the host to itself came to: the program alone is asked, since `lo` is open nearly everywhere. */
function attempts({ host, question }: DoctorContext): Examined[] {
  return host.attempts
    .filter((attempt) => attempt.outcome === "timeout" || attempt.outcome === "unreachable")
    .map((attempt) => ({
      check: "connecting from here",
      health: "warning",
      lookedAt: `a connection to ${formatAddress(attempt.address)} ${serviceName(question)}`,
      found:
        attempt.outcome === "timeout"
          ? "no answer, not even a refusal: a rule drops it on the loopback interface, or the program's queue is full"
          : "no way there",
      remedy: "let everything through that comes in by lo: iptables -I INPUT 1 -i lo -j ACCEPT",
    }));
}

/** More waiting connections than this: the program does not call accept() as fast as they come. */
const manyWaiting = 64;

function backlog({ host }: DoctorContext, socket: ListeningSocket): Examined[] {
  const overflows = host.listenOverflows ?? 0;
  if (socket.waiting < manyWaiting && overflows === 0) return [];
  const since =
    overflows === 0 ? "" : `; since boot, ${overflows} connections were dropped for a full queue (any port)`;
  return [
    {
      check: "listen queue",
      health: socket.waiting >= manyWaiting ? "fault" : "warning",
      lookedAt: "/proc/net/tcp, /proc/net/netstat (ListenOverflows)",
      found: `${socket.waiting} connections wait for ${programText(socket)} to accept them${since}`,
      remedy: "look why the program is slow to accept, or raise its backlog and net.core.somaxconn",
    },
  ];
}

function programText({ program, processId }: ListeningSocket): string {
  return program === undefined ? "a program (root sees which)" : `${program} (process ${processId})`;
}

function socketText({ address, port }: ListeningSocket): string {
  if (Number(address.value) === 0)
    return `every address, port ${port}${address.family === 6 ? " (::)" : " (0.0.0.0)"}`;
  const text = formatAddress(address);
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}

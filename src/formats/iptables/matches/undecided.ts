// The modules whose answer no dump holds: they look at time, rates, payload, sockets, or state of their own. Each has
// plain words for what it hangs on, so that an answer can say “depends on …”; none is assumed to hold or not to hold.
import { always, never, type Match } from "../../../rules/match.ts";
import {
  moduleText,
  optionTable,
  undecidable,
  valueOf,
  type MatchModule,
  type ModuleUse,
} from "../grammar.ts";

type Words = string | ((use: ModuleUse) => string);

function undecided(notation: string, words: Words): MatchModule {
  return {
    options: optionTable(notation),
    lower: (use, rule) => undecidable(rule, moduleText(use), typeof words === "string" ? words : words(use)),
  };
}

function quotedName(use: ModuleUse, option: string, otherwise: string): string {
  return `“${valueOf(use, option) ?? otherwise}”`;
}

function has(use: ModuleUse, name: string): boolean {
  return use.options.some((used) => used.name === name);
}

function recentWords(use: ModuleUse): string {
  const list = quotedName(use, "--name", "DEFAULT");
  const whose = has(use, "--rdest") ? "the destination" : "the sender";
  const seconds = valueOf(use, "--seconds");
  const hits = valueOf(use, "--hitcount");
  const when = seconds === undefined ? "" : ` within the last ${seconds} seconds`;
  const often = hits === undefined ? "" : `, at least ${hits} times`;
  return `whether ${whose} was seen on the list ${list}${when}${often}`;
}

function limitWords(use: ModuleUse): string {
  const burst = valueOf(use, "--limit-burst");
  return `whether the rate is still below ${valueOf(use, "--limit") ?? "3/hour"} (burst ${burst ?? "5"})`;
}

function hashlimitWords(use: ModuleUse): string {
  const above = valueOf(use, "--hashlimit-above");
  const below = valueOf(use, "--hashlimit-upto");
  const per = valueOf(use, "--hashlimit-mode");
  return `whether the rate${per === undefined ? "" : ` for each ${per}`} is ${above === undefined ? `up to ${below ?? "its limit"}` : `above ${above}`}`;
}

function connlimitWords(use: ModuleUse): string {
  const above = valueOf(use, "--connlimit-above");
  const whose = has(use, "--connlimit-daddr") ? "the destination" : "the sender";
  return above === undefined
    ? `whether ${whose} has no more than ${valueOf(use, "--connlimit-upto") ?? "so many"} connections`
    : `whether ${whose} has more than ${above} connections`;
}

function ownerWords(use: ModuleUse): string {
  const user = valueOf(use, "--uid-owner");
  const group = valueOf(use, "--gid-owner");
  const who = [
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(group === undefined ? [] : [`group ${group}`]),
  ];
  return who.length === 0
    ? "which process of this host sends it"
    : `whether a process of ${who.join(" and ")} sends it`;
}

/** Always true: a remark. */
const remark: MatchModule = { options: optionTable("--comment:1"), lower: () => ({ kind: "always" }) };

/**
 * `--set` alone remembers the sender and always matches (xt_recent.c: the entry is made or refreshed, and the test
 * holds). Every other form asks what the list holds at that moment.
 */
const recent: MatchModule = {
  options: optionTable(
    "--set:0 --rcheck:0 --update:0 --remove:0 --seconds:1 --reap:0 --hitcount:1 --rttl:0 --name:1 --rsource:0 --rdest:0 --mask:1",
  ),
  lower(use, rule): Match {
    const set = use.options.find((used) => used.name === "--set");
    if (set !== undefined) return set.negated ? never : always;
    return undecidable(rule, moduleText(use), recentWords(use));
  },
};

export const undecidedModules: ReadonlyMap<string, MatchModule> = new Map([
  ["comment", remark],
  ["recent", recent],
  ["limit", undecided("--limit:1 --limit-burst:1", limitWords)],
  [
    "hashlimit",
    undecided(
      "--hashlimit-upto,--hashlimit:1 --hashlimit-above:1 --hashlimit-burst:1 --hashlimit-mode:1 --hashlimit-name:1 " +
        "--hashlimit-srcmask:1 --hashlimit-dstmask:1 --hashlimit-htable-size:1 --hashlimit-htable-max:1 " +
        "--hashlimit-htable-expire:1 --hashlimit-htable-gcinterval:1 --hashlimit-rate-match:0 --hashlimit-rate-interval:1",
      hashlimitWords,
    ),
  ],
  [
    "connlimit",
    undecided(
      "--connlimit-upto:1 --connlimit-above:1 --connlimit-mask:1 --connlimit-saddr:0 --connlimit-daddr:0",
      connlimitWords,
    ),
  ],
  [
    "owner",
    undecided(
      "--uid-owner:1 --gid-owner:1 --suppl-groups:0 --socket-exists:0 --pid-owner:1 --sid-owner:1 --cmd-owner:1",
      ownerWords,
    ),
  ],
  [
    "time",
    undecided(
      "--datestart:1 --datestop:1 --timestart:1 --timestop:1 --monthdays:1 --weekdays:1 --contiguous:0 --utc:0 --localtz:0 --kerneltz:0",
      "the time of day and the date",
    ),
  ],
  [
    "string",
    undecided(
      "--algo:1 --from:1 --to:1 --string:1 --hex-string:1 --icase:0",
      (use) =>
        `whether it carries the text “${valueOf(use, "--string") ?? valueOf(use, "--hex-string") ?? ""}”`,
    ),
  ],
  ["u32", undecided("--u32:1", "the bytes that -m u32 compares")],
  ["bpf", undecided("--bytecode:1 --object-pinned:1", "what a BPF program says of it")],
  [
    "statistic",
    undecided("--mode:1 --probability:1 --every:1 --packet:1", (use) =>
      valueOf(use, "--mode") === "nth"
        ? `its place in a count (every ${valueOf(use, "--every") ?? "so many"}th packet)`
        : `chance (probability ${valueOf(use, "--probability") ?? "not stated"})`,
    ),
  ],
  ["nth", undecided("--every:1 --counter:1 --start:1 --packet:1", "its place in a count")],
  ["random", undecided("--average:1", "chance")],
  [
    "quota",
    undecided(
      "--quota:1",
      (use) => `whether the quota of ${valueOf(use, "--quota") ?? "so many"} bytes is used up`,
    ),
  ],
  [
    "rpfilter",
    undecided(
      "--loose:0 --validmark:0 --accept-local:0 --invert:0",
      "whether the route back to its source leaves by the interface that it came in by",
    ),
  ],
  [
    "physdev",
    undecided(
      "--physdev-in:1 --physdev-out:1 --physdev-is-in:0 --physdev-is-out:0 --physdev-is-bridged:0",
      (use) => {
        const port = valueOf(use, "--physdev-in") ?? valueOf(use, "--physdev-out");
        return port === undefined
          ? "whether a bridge carries it"
          : `whether it passes the bridge port ${port}`;
      },
    ),
  ],
  [
    "policy",
    undecided(
      "--dir:1 --pol:1 --strict:0 --reqid:1 --spi:1 --proto:1 --mode:1 --tunnel-src:1 --tunnel-dst:1 --next:0",
      (use) =>
        `whether IPsec ${valueOf(use, "--dir") === "out" ? "will protect" : "protected"} it (policy ${valueOf(use, "--pol") ?? "not stated"})`,
    ),
  ],
  [
    "socket",
    undecided(
      "--transparent:0 --nowildcard:0 --restore-skmark:0",
      "whether a socket of this host is open for it",
    ),
  ],
  [
    "geoip",
    undecided("--src-cc,--source-country:1 --dst-cc,--destination-country:1", (use) => {
      const from = valueOf(use, "--src-cc");
      return from === undefined
        ? `whether the destination lies in ${valueOf(use, "--dst-cc") ?? "a country"} by the host's own table`
        : `whether the sender is from ${from} by the host's own table`;
    }),
  ],
  [
    "helper",
    undecided(
      "--helper:1",
      (use) => `whether the connection belongs to the helper ${quotedName(use, "--helper", "")}`,
    ),
  ],
  [
    "connbytes",
    undecided(
      "--connbytes:1 --connbytes-dir:1 --connbytes-mode:1",
      "how much the connection has carried so far",
    ),
  ],
  ["connlabel", undecided("--label:1 --set:0", "the labels of its connection")],
  ["cgroup", undecided("--cgroup:1 --path:1", "which control group of this host sends it")],
  ["devgroup", undecided("--src-group:1 --dst-group:1", "the device group of its interface")],
  ["cpu", undecided("--cpu:1", "which processor handles it")],
  ["realm", undecided("--realm:1", "the realm of its route")],
  ["nfacct", undecided("--nfacct-name:1", "whether an accounting quota is used up")],
  [
    "osf",
    undecided(
      "--genre:1 --ttl:1 --log:1",
      (use) => `whether the sender's system looks like ${quotedName(use, "--genre", "")}`,
    ),
  ],
  [
    "rateest",
    undecided(
      "--rateest:1 --rateest1:1 --rateest2:1 --rateest-delta:0 --rateest-bps:1 --rateest-bps1:1 --rateest-bps2:1 " +
        "--rateest-pps:1 --rateest-pps1:1 --rateest-pps2:1 --rateest-lt:0 --rateest-gt:0 --rateest-eq:0",
      "an estimated rate",
    ),
  ],
  [
    "cluster",
    undecided(
      "--cluster-total-nodes:1 --cluster-local-node:1 --cluster-local-nodemask:1 --cluster-hash-seed:1",
      "which node of a cluster takes it",
    ),
  ],
  [
    "ipvs",
    undecided(
      "--ipvs:0 --vproto:1 --vaddr:1 --vport:1 --vdir:1 --vmethod:1 --vportctl:1",
      "whether IPVS balances its connection",
    ),
  ],
  ["tcpmss", undecided("--mss:1", "the segment size that its SYN announces")],
  ["ipcomp", undecided("--ipcompspi:1 --compres:0", "a field of its compression header")],
  ["ipv6header", undecided("--header:1 --soft:0", "which IPv6 extension headers it has")],
  ["hbh", undecided("--hbh-len:1 --hbh-opts:1", "its hop-by-hop header")],
  ["dst", undecided("--dst-len:1 --dst-opts:1", "its destination options header")],
  [
    "rt",
    undecided(
      "--rt-type:1 --rt-segsleft:1 --rt-len:1 --rt-0-res:0 --rt-0-addrs:1 --rt-0-not-strict:0",
      "its routing header",
    ),
  ],
  [
    "srh",
    undecided(
      "--srh-next-hdr:1 --srh-hdr-len-eq:1 --srh-segs-left-eq:1 --srh-tag:1",
      "its segment routing header",
    ),
  ],
  ["mh", undecided("--mh-type:1", "its mobility header")],
  ["eui64", undecided("", "whether its source address was made from its hardware address")],
  ["ipv4options", undecided("--flags:1 --any:0", "which IPv4 options it has")],
  ["layer7", undecided("--l7proto:1 --l7dir:1", "what its payload looks like")],
  ["ndpi", undecided("--proto:1", "what its payload looks like")],
  [
    "psd",
    undecided(
      "--psd-weight-threshold:1 --psd-delay-threshold:1 --psd-lo-ports-weight:1 --psd-hi-ports-weight:1",
      "whether the sender looks like a port scan",
    ),
  ],
  ["account", undecided("--aaddr:1 --aname:1 --ashort:0", "the accounts of the module account")],
  [
    "condition",
    undecided("--condition:1", (use) => `whether the switch ${quotedName(use, "--condition", "")} is on`),
  ],
  ["unclean", undecided("", "whether it looks damaged")],
]);

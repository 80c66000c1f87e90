// `ringwall import aws`: asks AWS for everything that an estate is made of and writes it as the AWS CLI would, a file a
// call. It only reads, it asks few things at a time, and what it may not see it writes down.
import { Problem } from "../../../problem.ts";
import { importKey } from "../kinds.ts";
import { firstCalls, type Call } from "./calls.ts";
import { claimFolder, recordFile, writeImport } from "./folder.ts";
import { laterActions, laterCalls, ruleCalls } from "./later-calls.ts";
import { refusalOf } from "./refusals.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";

export interface ImportOptions extends SessionOptions {
  /** Holds a folder for each account, and in it one for each region. */
  readonly out: string;
}

/** One line of progress: a call that has just given a page, or ended. */
export interface ImportProgress {
  readonly call: string;
  /** How many things it has listed so far. */
  readonly items: number;
  readonly done: number;
  readonly total: number;
}

export interface ImportReport {
  readonly account: string;
  readonly region: string;
  /** Where the files are. */
  readonly folder: string;
  readonly calls: readonly CallReport[];
}

export interface CallReport {
  readonly call: string;
  readonly items: number;
  /** Why AWS refused it, where it did. */
  readonly denied?: string;
}

interface Answer extends CallReport {
  readonly asked: Call;
  readonly list: readonly object[];
  readonly file: object;
}

/** All that an import may ever send. */
export const permittedActions: ReadonlySet<string> = new Set([
  ...firstCalls.map((call) => call.action),
  ...laterActions,
]);

const atOnce = 4;

/**
 * Imports one region of one account into `out/<account>/<region>`.
 *
 * @throws Problem `remote` where AWS can't be asked or refuses what no estate can do without; `usage` for a folder that
 * holds something else. Nothing is written then.
 * @example await importAws({ region: "eu-central-1", out: "estate" }, ({ call }) => console.error(call))
 */
export async function importAws(
  options: ImportOptions,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<ImportReport> {
  await claimFolder(options.out);
  const session = await openSession(options, permittedActions);
  try {
    const answers = await askAll(session, onProgress);
    const account = accountOf(answers);
    const { region } = session;
    const calls = answers.map(({ call, items, denied }) => ({
      call,
      items,
      ...(denied === undefined ? {} : { denied }),
    }));
    const folder = await writeImport(options.out, { account, region }, [
      ...answers
        .filter((answer) => answer.denied === undefined)
        .map((answer) => [`${answer.call}.json`, answer.file] as const),
      [recordFile, recordOf(account, region, calls)],
    ]);
    return { account, region, folder, calls };
  } finally {
    session.close();
  }
}

async function askAll(
  session: Session,
  onProgress: (progress: ImportProgress) => void,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let total = firstCalls.length;
  const round = async (calls: readonly Call[]): Promise<void> => {
    const given = await eachOf(calls, (call) =>
      ask(session, call, (items, ended) => {
        if (ended) done += 1;
        onProgress({ call: call.name, items, done, total });
      }),
    );
    answers.push(...given);
  };
  let done = 0;
  await round(firstCalls);
  const later = laterCalls(new Map(answers.map((answer) => [answer.call, answer.list])));
  total += later.length;
  await round(later);
  const rules = ruleCalls(
    answers.filter((answer) => answer.asked.action === "DescribeListeners").map((answer) => answer.list),
  );
  total += rules.length;
  await round(rules);
  return answers;
}

/** Runs the calls a few at a time. The first one that fails for good ends the rest. */
async function eachOf<Given>(
  calls: readonly Call[],
  run: (call: Call) => Promise<Given>,
): Promise<readonly Given[]> {
  const given: Given[] = [];
  const waiting = [...calls.entries()];
  let failed = false;
  const work = async (): Promise<void> => {
    for (;;) {
      const one = failed ? undefined : waiting.shift();
      if (one === undefined) return;
      try {
        given[one[0]] = await run(one[1]);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return given;
}

async function ask(
  session: Session,
  call: Call,
  onPage: (items: number, ended: boolean) => void,
): Promise<Answer> {
  const list: object[] = [];
  let other: unknown;
  let more = false;
  try {
    for (let token: string | undefined, pages = 0; ; pages += 1) {
      const page: object = await call.page(session, token);
      const { found, single, next, truncated } = contentsOf(page, call);
      list.push(...found);
      other ??= single;
      more ||= truncated;
      if (next === undefined || next === token) break;
      if (pages >= mostPages) throw new Problem("limit", `${call.name} gave more than ${mostPages} pages`);
      token = next;
      onPage(list.length, false);
    }
  } catch (error) {
    const refusal = refusalOf(error, call.name);
    if (refusal.kind === "hopeless") throw refusal.problem;
    if (call.required) throw deniedForGood(call, refusal.message);
    onPage(0, true);
    return { call: call.name, items: 0, denied: refusal.message, asked: call, list: [], file: {} };
  }
  onPage(list.length, true);
  const file = {
    ...call.about,
    [fileKey(call)]: call.single === true ? (other ?? null) : list,
    ...(more ? { AdditionalRoutesAvailable: true } : {}),
  };
  return { call: call.name, items: list.length, asked: call, list, file };
}

const mostPages = 10_000;

function deniedForGood(call: Call, message: string): Problem {
  return new Problem("remote", `AWS refuses ${call.name}, without which there is no estate (${message})`, {
    remedy: `allow ec2:${call.action}, for example by the managed policy AmazonEC2ReadOnlyAccess`,
  });
}

/** Both kinds of prefix lists come under one name; the reader tells them apart by the key. */
function fileKey(call: Call): string {
  return call.action === "DescribeManagedPrefixLists" ? "ManagedPrefixLists" : call.list;
}

function contentsOf(
  page: object,
  call: Call,
): { found: readonly object[]; single: unknown; next: string | undefined; truncated: boolean } {
  const fields = new Map<string, unknown>(Object.entries(page));
  const content = fields.get(call.list);
  const next = ["NextToken", "NextMarker", "Marker"]
    .map((key) => fields.get(key))
    .find((token) => typeof token === "string" && token !== "");
  return {
    found: Array.isArray(content) ? content.filter((one) => typeof one === "object" && one !== null) : [],
    single: Array.isArray(content) ? undefined : content,
    next: typeof next === "string" ? next : undefined,
    truncated: fields.get("AdditionalRoutesAvailable") === true && next === undefined,
  };
}

/** Whose resources these are: EC2 says it on each of them. Most of what an account sees is its own. */
function accountOf(answers: readonly Answer[]): string {
  const votes = new Map<string, number>();
  for (const { call, list } of answers) {
    if (
      call !== "describe-security-groups" &&
      call !== "describe-instances" &&
      call !== "describe-network-acls"
    )
      continue;
    for (const one of list) {
      const owner: unknown = Object.entries(one).find(([key]) => key === "OwnerId")?.[1];
      if (typeof owner === "string") votes.set(owner, (votes.get(owner) ?? 0) + 1);
    }
  }
  return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "account-unknown";
}

function recordOf(account: string, region: string, calls: readonly CallReport[]): object {
  return {
    [importKey]: 1,
    Account: account,
    Region: region,
    Calls: calls.map(({ call, items, denied }) => ({
      Call: call,
      Items: items,
      ...(denied === undefined ? {} : { Denied: denied }),
    })),
  };
}

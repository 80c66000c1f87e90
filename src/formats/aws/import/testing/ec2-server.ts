// A server on loopback that answers as EC2, ELB and RDS do: form-encoded actions in, XML out, lists in pages with a
// continuation, refusals with AWS's codes and statuses. For tests; it holds the few resources that they give it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Text, or children by element name; an array is the elements of a list (`<item>`, `<member>`, …). */
export type Xml = string | readonly Xml[] | { readonly [element: string]: Xml };

/** One list as an action gives it. */
export interface Listing {
  /** The element that holds the list: `vpcSet`. */
  readonly set: string;
  /** What each element of it is called: `item` (EC2), `member` (ELB), `DBInstance` (RDS). */
  readonly element: string;
  readonly items: readonly Xml[];
  readonly perPage: number;
  /** ELB and RDS wrap the answer in `<ActionResult>` and name the continuation differently. */
  readonly dialect: "ec2" | "query";
}

export interface Refuse {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** How often, before it answers; absent: always. */
  readonly times?: number;
}

export interface Ec2Server {
  readonly url: string;
  /** Every action that was asked, in order, repeated ones too. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

/** `listings` and `refusals` by action; what has none is answered with an empty list. */
export async function startEc2Server(
  listings: Readonly<Record<string, Listing>>,
  refusals: Readonly<Record<string, Refuse>> = {},
): Promise<Ec2Server> {
  const asked: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = await formOf(request);
    const action = form.get("Action") ?? "";
    asked.push(action);
    const refusal = refusals[action];
    const before = asked.filter((one) => one === action).length;
    if (refusal !== undefined && before <= (refusal.times ?? Infinity)) {
      response.writeHead(refusal.status, { "content-type": "text/xml" });
      response.end(refusalXml(refusal, form.get("Version") ?? ""));
      return;
    }
    response.writeHead(200, { "content-type": "text/xml;charset=UTF-8" });
    response.end(pageXml(action, listings[`${action} ${form.get("Version")}`] ?? listings[action], form));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  request.setEncoding("utf8");
  let form = "";
  for await (const chunk of request) form += String(chunk);
  return new URLSearchParams(form);
}

function pageXml(action: string, listing: Listing | undefined, form: URLSearchParams): string {
  if (listing === undefined) return `<${action}Response><requestId>0</requestId></${action}Response>`;
  const start = Number(form.get("NextToken") ?? form.get("Marker") ?? "0");
  const page = listing.items.slice(start, start + listing.perPage);
  const items = page.map((item) => `<${listing.element}>${xmlText(item)}</${listing.element}>`).join("");
  const end = start + listing.perPage;
  const more = end < listing.items.length;
  const list = `<${listing.set}>${items}</${listing.set}>`;
  if (listing.dialect === "ec2") {
    const token = more ? `<nextToken>${end}</nextToken>` : "<nextToken/>";
    return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>${list}${token}</${action}Response>`;
  }
  const marker = more ? `<NextMarker>${end}</NextMarker>` : "";
  return `<${action}Response><${action}Result>${list}${marker}</${action}Result></${action}Response>`;
}

function refusalXml({ code, message }: Refuse, version: string): string {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return version === "2016-11-15"
    ? `<Response><Errors>${error}</Errors><RequestID>0</RequestID></Response>`
    : `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`;
}

function xmlText(xml: Xml): string {
  if (typeof xml === "string") return xml.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  if (Array.isArray(xml)) return xml.map((one: Xml) => `<item>${xmlText(one)}</item>`).join("");
  return Object.entries(xml)
    .map(([element, inner]) => `<${element}>${xmlText(inner)}</${element}>`)
    .join("");
}

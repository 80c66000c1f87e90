// The AWS SDK's clients for one import: loaded when they are first needed, with the usual credential chain, bounded
// retries, and a guard that lets no call through that is not on the list of reading calls.
import type * as Ec2 from "@aws-sdk/client-ec2";
import type * as Elb from "@aws-sdk/client-elastic-load-balancing";
import type * as Elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as Rds from "@aws-sdk/client-rds";
import { Problem } from "../../../problem.ts";

export interface SessionOptions {
  /** Absent: as the environment or the profile says. */
  readonly region?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** Another endpoint for every service: a proxy, or a server that answers as EC2 does. */
  readonly endpointUrl?: string;
}

interface Sdk {
  readonly ec2: typeof Ec2;
  readonly elb: typeof Elb;
  readonly elbv2: typeof Elbv2;
  readonly rds: typeof Rds;
}

export interface Session {
  readonly sdk: Sdk;
  readonly ec2: Ec2.EC2Client;
  readonly elb: Elb.ElasticLoadBalancingClient;
  readonly elbv2: Elbv2.ElasticLoadBalancingV2Client;
  readonly rds: Rds.RDSClient;
  readonly region: string;
  readonly close: () => void;
}

const attempts = 8;
const first = { step: "initialize" } as const;
const timeouts = { connectionTimeout: 5_000, requestTimeout: 60_000 };

/**
 * Opens clients that can only send the `permitted` actions (`DescribeVpcs`, …).
 *
 * @throws Problem `usage` where no region is set anywhere
 */
export async function openSession(options: SessionOptions, permitted: ReadonlySet<string>): Promise<Session> {
  const [ec2, elb, elbv2, rds] = await Promise.all([
    import("@aws-sdk/client-ec2"),
    import("@aws-sdk/client-elastic-load-balancing"),
    import("@aws-sdk/client-elastic-load-balancing-v2"),
    import("@aws-sdk/client-rds"),
  ]);
  const config = {
    maxAttempts: attempts,
    retryMode: "adaptive",
    requestHandler: timeouts,
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl }),
  };
  const clients = {
    ec2: new ec2.EC2Client(config),
    elb: new elb.ElasticLoadBalancingClient(config),
    elbv2: new elbv2.ElasticLoadBalancingV2Client(config),
    rds: new rds.RDSClient(config),
  };
  const guard = refuseAllBut(permitted);
  clients.ec2.middlewareStack.add(guard, first);
  clients.elb.middlewareStack.add(guard, first);
  clients.elbv2.middlewareStack.add(guard, first);
  clients.rds.middlewareStack.add(guard, first);
  return {
    sdk: { ec2, elb, elbv2, rds },
    ...clients,
    region: await regionOf(clients.ec2),
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** A step that every call of a client passes first: what is not on the list never becomes a request. */
function refuseAllBut(permitted: ReadonlySet<string>) {
  return <Args extends object, Output>(
    next: (args: Args) => Promise<Output>,
    context: { readonly commandName?: string },
  ) =>
    async (args: Args): Promise<Output> => {
      const action = (context.commandName ?? "").replace(/Command$/, "");
      if (permitted.has(action)) return next(args);
      throw new Problem("usage", `${action} is not one of the calls that only read: it was not sent`);
    };
}

async function regionOf(client: Ec2.EC2Client): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    throw new Problem("usage", "no AWS region is given", {
      remedy: "add --region, for example --region eu-central-1, or set AWS_REGION",
      cause,
    });
  }
}

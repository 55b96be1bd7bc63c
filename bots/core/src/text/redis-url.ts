const SINGLE = /^rediss?:\/\//;
const CLUSTER = /^(rediss?)-cluster:\/\/(?:([^@/]*)@)?([^@/]+)\/?$/;
const NODE = /^([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i;

/** The nodes to find a cluster by, and how to be let in. */
export interface ClusterAddress {
  /** As `redis://10.0.0.1:6379`. */
  readonly rootUrls: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

/** Whether a text is `redis://…`, `rediss://…` or the same with `-cluster` and nodes separated by commas. */
export function isRedisUrl(text: string): boolean {
  return isClusterUrl(text) || (SINGLE.test(text) && URL.canParse(text));
}

/** Whether a text is as `redis-cluster://user:password@10.0.0.1:6379,10.0.0.2:6379`. */
export function isClusterUrl(text: string): boolean {
  const [, , , nodes = ""] = CLUSTER.exec(text) ?? [];
  return nodes.split(",").every((node) => NODE.test(node));
}

/** The parts of a URL that `isClusterUrl` says yes to. */
export function parseClusterUrl(url: string): ClusterAddress {
  const [, scheme = "redis", credentials = "", nodes = ""] = CLUSTER.exec(url) ?? [];
  const [username, password] = credentials.split(":", 2).map(decodeURIComponent);
  const login = credentials === "" ? "" : `${credentials}@`;
  return {
    rootUrls: nodes.split(",").map((node) => `${scheme}://${login}${node}`),
    username: username || undefined,
    password: password || undefined,
    isTls: scheme === "rediss",
  };
}

import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { WebError } from "../errors.ts";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** By these proxies say that they pass on what another asks; and by all that begin with `x-forwarded-`. */
const PROXY_HEADERS = ["forwarded", "via", "x-real-ip"];

/** Headers of every answer: nothing from elsewhere, no inline code, no framing, no HTML but through DOMPurify. */
export function securityHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["dompurify"],
    },
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    // Not "no-referrer": with it browsers send "Origin: null" from the page itself.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    // Cria often runs on plain HTTP in a local network: a promise of HTTPS would lock people out.
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  });
}

/**
 * Refuses requests for another host name: a page elsewhere whose name points here (DNS rebinding) would otherwise be
 * of the same origin. `undefined` allows every name.
 */
export function allowHosts(names: readonly string[] | undefined): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    if (names !== undefined && !names.includes(hostName(host)))
      throw new WebError(
        "forbidden",
        `This server does not answer for the host "${host.slice(0, 100)}". CRIA_WEB_ALLOWED_HOSTS can add it.`,
      );
    await next();
  };
}

/** The names a server on this address answers to; undefined: to every name, since it is reachable from outside. */
export function hostNamesFor(address: string, added: readonly string[]): readonly string[] | undefined {
  const isLoopback = LOOPBACK_NAMES.includes(hostName(address)) || address === "::1" || address.startsWith("127.");
  if (!isLoopback && added.length === 0) return undefined;
  return [...LOOPBACK_NAMES, address, ...added];
}

/** Refuses changes that a page of another origin asks for; browsers say where a request comes from. */
export function sameOriginOnly(): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req;
    if (method !== "GET" && method !== "HEAD" && !isSameOrigin(context.req.raw.headers))
      throw new WebError("forbidden", "This request does not come from the chat page.");
    await next();
  };
}

/** Whether a change is asked for by a browser on this machine and not by way of a proxy. */
export function isFromThisMachine(headers: Headers): boolean {
  const isProxied = [...headers.keys()].some((name) => PROXY_HEADERS.includes(name) || name.startsWith("x-forwarded-"));
  // A proxy that says nothing of itself, as nginx by default, passes on the address that the browser shows.
  const origin = headers.get("origin") ?? "";
  return !isProxied && URL.canParse(origin) && LOOPBACK_NAMES.includes(new URL(origin).hostname);
}

function isSameOrigin(headers: Headers): boolean {
  // The browser's own word, which no proxy changes; over plain HTTP it is only sent to loopback.
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  return origin !== null && URL.canParse(origin) && new URL(origin).host === headers.get("host");
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

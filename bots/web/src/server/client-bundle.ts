import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";

const CLIENT = fileURLToPath(new URL("../client/", import.meta.url));
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
};

/** A file of the page, compressed once. */
export interface Asset {
  readonly path: string;
  readonly contentType: string;
  readonly etag: string;
  readonly bodies: {
    readonly identity: Uint8Array<ArrayBuffer>;
    readonly gzip: Uint8Array<ArrayBuffer>;
    readonly br: Uint8Array<ArrayBuffer>;
  };
}

/** The page's files by their path. */
export type ClientBundle = ReadonlyMap<string, Asset>;

/** Bundles the page in memory: script, highlighter as a part loaded later, styles, and the HTML that names them. */
export async function bundleClient(): Promise<ClientBundle> {
  const result = await build({
    entryPoints: { app: `${CLIENT}main.tsx`, page: `${CLIENT}styles/page.css` },
    outdir: "/assets",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox114", "safari16.4"],
    minify: true,
    write: false,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  const files = result.outputFiles.map((file) => ({ path: `/assets/${baseName(file.path)}`, contents: file.contents }));
  const page = { path: "/", contents: new TextEncoder().encode(pageHtml(files.map((file) => file.path))) };
  const mark = { path: "/alpaca.svg", contents: await readFile(`${CLIENT}alpaca.svg`) };
  const assets = await Promise.all([...files, page, mark].map((file) => createAsset(file.path, file.contents)));
  return new Map(assets.map((asset) => [asset.path, asset]));
}

/** Compresses a file in the ways browsers ask for. */
export async function createAsset(path: string, contents: Uint8Array): Promise<Asset> {
  const extension = path === "/" ? ".html" : path.slice(path.lastIndexOf("."));
  const [gzipped, brotli] = await Promise.all([
    promisify(gzip)(contents, { level: 9 }),
    promisify(brotliCompress)(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  ]);
  return {
    path,
    contentType: CONTENT_TYPES[extension] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(contents).digest("base64url").slice(0, 22)}"`,
    bodies: { identity: new Uint8Array(contents), gzip: new Uint8Array(gzipped), br: new Uint8Array(brotli) },
  };
}

/** Answers with an asset in the best encoding the browser takes, or says that it has it already. */
export function serveAsset(asset: Asset, request: Request): Response {
  const encoding = pickEncoding(request.headers.get("accept-encoding") ?? "");
  const etag = encoding === "identity" ? asset.etag : asset.etag.replace(/"$/, `-${encoding}"`);
  const isHashed = asset.path.startsWith("/assets/");
  const headers = {
    etag,
    vary: "Accept-Encoding",
    "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  const encoded = encoding === "identity" ? {} : { "content-encoding": encoding };
  return new Response(asset.bodies[encoding], {
    headers: { ...headers, ...encoded, "content-type": asset.contentType },
  });
}

function pickEncoding(accepted: string): keyof Asset["bodies"] {
  if (/\bbr\b/.test(accepted)) return "br";
  return /\bgzip\b/.test(accepted) ? "gzip" : "identity";
}

function pageHtml(paths: readonly string[]): string {
  const script = paths.find((path) => /\/app-\w+\.js$/.test(path));
  const styles = paths.find((path) => path.endsWith(".css"));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>Cria</title>
<link rel="icon" href="/alpaca.svg" type="image/svg+xml">
<link rel="stylesheet" href="${styles}">
<script type="module" src="${script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>Cria's page needs JavaScript.</noscript>
</body>
</html>
`;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

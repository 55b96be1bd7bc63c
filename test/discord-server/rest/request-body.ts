import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { ApiError } from "../api-error.ts";
import type { Upload } from "../world/messages.ts";

/** What came with a request: JSON by itself, or beside files in a multipart form. */
export interface RequestBody {
  readonly json: unknown;
  readonly files: readonly Upload[];
}

/** @throws ApiError 50109 for JSON that is none */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const bytes = await buffer(request);
  const contentType = request.headers["content-type"] ?? "";
  if (contentType.startsWith("multipart/form-data")) return readForm(bytes, contentType);
  return { json: bytes.byteLength === 0 ? undefined : parseJson(bytes.toString()), files: [] };
}

async function readForm(bytes: Buffer, contentType: string): Promise<RequestBody> {
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  const files: Upload[] = [];
  for (const [name, value] of form) {
    if (!name.startsWith("files[") || typeof value === "string") continue;
    files.push({ name: value.name, contentType: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  const json = form.get("payload_json");
  return { json: typeof json === "string" ? parseJson(json) : {}, files };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(50109);
  }
}

#!/usr/bin/env bash
# Package: @slack/web-api 8.2.0
#
# Behaviour: an answer of status 200 whose body is not JSON (a sign-in or maintenance page that a proxy puts in Slack's
# place) becomes the error of a platform that refused: code slack_webapi_platform_error, with the whole body where Slack's
# short error word stands (`data.error`), and in the message. It is not tried again, whatever retryConfig says. The same
# page with status 503 is tried again and named as what it is. A body of JSON that is no object (`null`) comes out as a bare
# TypeError without any code.
#
# Why it surprises: `data.error` is what programs branch on, count by and log, as one of Slack's documented words. Here it
# is a page of any length from somebody else, and a break that passes by is taken for a final refusal.
#
# Seen:
#   200, a page: 1 request(s), slack_webapi_platform_error, data.error of 20021 characters, all of the page: true,
#     message of 20044
#   503, a page: 3 request(s), slack_webapi_http_error, statusCode 503
#   200, null: 1 request(s), TypeError, code undefined
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @slack/web-api@8.2.0 >&2
cat > see.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { LogLevel, WebClient } from "@slack/web-api";

setTimeout(() => process.exit(1), 50_000);
const page = `<html><body>${"please sign in ".repeat(1333)}</body></html>`;
let [status, body, requests] = [200, page, 0];
const server = createServer((request, response) => {
  requests += 1;
  request.resume().on("end", () => response.writeHead(status).end(body));
});
await once(server.listen(0, "127.0.0.1"), "listening");

const client = new WebClient("any", {
  slackApiUrl: `http://127.0.0.1:${server.address().port}/api/`,
  retryConfig: { retries: 2, minTimeout: 1, maxTimeout: 1 },
  logLevel: LogLevel.ERROR,
});
async function failure(...answer) {
  [status, body, requests] = [...answer, 0];
  return client.chat.update({ channel: "C1", ts: "1.1", text: "hello" }).then(() => ({}), (error) => error);
}
const platform = await failure(200, page);
const isPage = platform.data?.error === page;
console.log(`200, a page: ${requests} request(s), ${platform.code}, data.error of ${platform.data?.error?.length} characters, all of the page: ${isPage}, message of ${platform.message?.length}`);
const isFirst = requests === 1 && platform.code === "slack_webapi_platform_error" && isPage && platform.message.includes(page);
const http = await failure(503, page);
console.log(`503, a page: ${requests} request(s), ${http.code}, statusCode ${http.statusCode}`);
const isSecond = requests === 3 && http.statusCode === 503;
const bare = await failure(200, "null");
console.log(`200, null: ${requests} request(s), ${bare.name}, code ${bare.code}`);
const isThird = requests === 1 && bare.name === "TypeError" && bare.code === undefined;
const isAsStated = isFirst && isSecond && isThird;
console.log(isAsStated ? "as stated" : "not as stated any more");
process.exit(isAsStated ? 0 : 1);
JS
node see.mjs

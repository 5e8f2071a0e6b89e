// A site's back end as Express samples have it: verifies over JSON.stringify(req.body).
// Started as `node receiver.mjs LOG`; prints its port. `PUT /secret` tells it the secret.

import { createHmac, timingSafeEqual } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const LIMIT_BYTES = 100 * 1024; // express.json()'s own
const TIMESTAMPED = new Set(["ping", "session.ended", "agent.ready", "agent.failed"]);
const log = process.argv[2];
let secret = "";

function accepts(headers, body) {
  const text = JSON.stringify(body);
  const stamped = TIMESTAMPED.has(headers["x-bithuman-event"]);
  const signed = stamped ? `${headers["x-bithuman-timestamp"]}.${text}` : text;
  const expected = `sha256=${createHmac("sha256", secret).update(signed).digest("hex")}`;
  // Throws, as the samples do, where the lengths differ.
  return timingSafeEqual(Buffer.from(headers["x-bithuman-signature"]), Buffer.from(expected));
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const raw = Buffer.concat(parts);
    if (request.method === "PUT") {
      secret = raw.toString();
      response.writeHead(200).end("ok");
      return;
    }
    const path = request.url;
    if (raw.length > LIMIT_BYTES) {
      response.writeHead(413).end("too large");
      return;
    }
    const verified = accepts(request.headers, JSON.parse(raw.toString()));
    const line = { path, body: raw.toString(), headers: request.headers, verified };
    appendFileSync(log, `${JSON.stringify(line)}\n`);
    response.writeHead(verified ? 200 : 401).end(verified ? "ok" : "Invalid signature");
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));

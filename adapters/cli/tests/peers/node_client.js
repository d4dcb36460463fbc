// Node's own HTTP client, several requests at once on kept connections. Usage: node_client.js URL
const assert = require("node:assert");
const crypto = require("node:crypto");
const http = require("node:http");

const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const base = process.argv[2];

function ask(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { method, headers, agent, timeout: 10_000 }, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.on("continue", () => request.end(body));
    if (!headers.Expect) request.end(body);
    else request.flushHeaders();
  });
}

(async () => {
  const health = await ask("GET", "/health");
  assert.deepStrictEqual([health.status, health.body.toString()], [200, "ok\n"]);
  await Promise.all([0, 1, 1000, 70_000, 1 << 20].map(async (size) => {
    const body = crypto.randomBytes(size);
    const length = { "Content-Length": size };
    for (const headers of [{ "Transfer-Encoding": "chunked" }, length, ...(size ? [{ ...length, Expect: "100-continue" }] : [])]) {
      const echo = await ask("POST", "/echo", body, headers);
      assert.strictEqual(echo.status, 200);
      assert(echo.body.equals(body), `${size} bytes came back as ${echo.body.length}`);
    }
  }));
  const head = await ask("HEAD", "/");
  assert.strictEqual(head.body.length, 0);
  assert(Number(head.headers["content-length"]) > 0);
  assert.strictEqual((await ask("GET", "/nothing")).status, 404);
  agent.destroy();
  console.log("ok");
})();

// The machines in Node: what they say of some bytes, at every cut. `node test.js barewire.wasm`; with `--speed`, how fast.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Connection, load } from "./barewire.js";

const file = await readFile(process.argv[2]);
assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(file)), [], "nothing is imported");
const wasm = await load(file);
const bytes = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const text = (bytes) => String.fromCharCode(...bytes);

// Feeds the input in pieces, answers as an application would, and writes everything down.
function run(protocol, input, cut) {
  const connection = new Connection(wasm, protocol), said = [];
  let fed = 0, out = "";
  for (;;) {
    const next = connection.poll(0n);
    if (next.kind === "detected") connection.call("become", next.code);
    if (next.kind === "message") connection.call("message_send", next.code, next.data);
    if (next.kind === "text") connection.call("websocket_send", 12, next.data);
    if (next.kind === "peer closed") connection.call("close");
    if (next.kind === "end") connection.call("http_respond_with", next.id, 200, [["x-cut", "any"]], "hello");
    if (next.kind) {
      said.push([next.kind, next.name, text(next.data), next.code, ...next.fields.map((field) => field.join("="))].join(" ").trim());
      continue;
    }
    out += text(connection.output());
    if (next !== "needs input") {
      said.push(next.message ?? next);
      const position = Number(wasm.bw_position(connection.pointer));
      connection.free();
      return { said, out, position };
    }
    if (fed === input.length) connection.call("eof");
    else fed += connection.feed(input.subarray(fed, fed + cut));
  }
}

const HELLO = "\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x05hello";
const cases = [
  ["http1-server", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nx-cut: any\r\ncontent-length: 5\r\n\r\nhello",
    ["request GET /a 0 Host=x", "end   0", "done"]],
  ["detect", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nx-cut: any\r\ncontent-length: 5\r\n\r\nhello",
    ["detected   3", "request GET /a 0 Host=x", "end   0", "done"]],
  ["http1-server", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", ["http_field_line"]],
  ["message", HELLO, HELLO, ["message  hello 7", "peer closed   0", "done"]],
  ["websocket-server", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0", "\x81\x05Hello\x88\x00",
    ["text  Hello 0", "close   0", "done"]],
];
let runs = 0;
for (const [protocol, input, out, said] of cases) {
  for (let cut = input.length; cut > 0; cut--, runs++) {
    const result = run(protocol, bytes(input), cut);
    assert.deepEqual([result.said, result.out], [said, out], `${protocol} in pieces of ${cut}`);
  }
}
const client = new Connection(wasm, "http1-client");
assert.equal(client.call("http_request", "GET", "/", [["host", "x"]], 0n, client.scratch), 0);
assert.equal(text(client.output()), "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
assert.equal(client.name(client.call("http_request", "G T", "/", [], 0n, client.scratch)), "argument");
client.feed(bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
const heard = [client.poll(0n), client.poll(0n), client.poll(0n)];
assert.deepEqual(heard.map((event) => [event.kind, event.code, text(event.data)]), [["response", 200, "OK"], ["data", 0, "hi"], ["end", 0, ""]]);
client.free();
console.log(`the machines in WebAssembly say the same at ${runs} cuts, and import nothing`);

if (process.argv.includes("--speed")) {
  const request = bytes("GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
  const batch = 16, rounds = 40000, connection = new Connection(wasm, "http1-server");
  const input = wasm.bw_alloc(request.length * batch);
  for (let i = 0; i < batch; i++) new Uint8Array(wasm.memory.buffer).set(request, input + i * request.length);
  const body = wasm.bw_alloc(13), at = connection.scratch;
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) {
    wasm.bw_feed(connection.pointer, input, request.length * batch, at);
    while (wasm.bw_poll(connection.pointer, 0n, at, 56) === 0) {
      const view = new DataView(wasm.memory.buffer);
      if (view.getUint32(at, true) === 7) wasm.bw_http_respond_with(connection.pointer, view.getBigUint64(at + 8, true), 200, 0, 0, body, 13);
    }
    wasm.bw_queued(connection.pointer, at);
    wasm.bw_advance(connection.pointer, new DataView(wasm.memory.buffer).getUint32(at, true));
  }
  const nanoseconds = Number(process.hrtime.bigint() - start);
  console.log(`wasm   ${(batch * rounds / nanoseconds * 1e9).toFixed(0)} requests/s`);
}

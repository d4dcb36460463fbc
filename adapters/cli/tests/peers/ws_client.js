// A client on Node's ws module. Usage: ws_client.js URL
const assert = require("node:assert");
const crypto = require("node:crypto");
const { once } = require("node:events");
const WebSocket = require("./ws.js");

(async () => {
  const socket = new WebSocket(process.argv[2], ["chat", "echo"], { perMessageDeflate: process.argv[3] === "deflate" });
  const heard = [];
  let wanted = () => {};
  socket.on("message", (data, binary) => { heard.push([data, binary]); wanted(); });
  const next = async () => {
    while (heard.length === 0) await new Promise((resolve) => { wanted = resolve; });
    return heard.shift();
  };
  await once(socket, "open");
  assert.strictEqual(socket.protocol, "echo");
  for (const size of [0, 1, 125, 126, 1000, 65_535, 65_536, 200_000, 3 << 20]) {
    const bytes = crypto.randomBytes(size);
    socket.send(bytes);
    const text = "é".repeat(size / 2);
    socket.send(text);
    const [back, binary] = await next();
    assert(binary && bytes.equals(back), `${size} bytes came back as ${back.length}`);
    const [line, isBinary] = await next();
    assert(!isBinary && line.toString() === text);
  }
  socket.send("in ", { fin: false });
  socket.ping("still there?");
  const [payload] = await once(socket, "pong");
  assert.strictEqual(payload.toString(), "still there?");
  socket.send("pieces", { fin: true });
  assert.strictEqual((await next())[0].toString(), "in pieces");
  for (let n = 0; n < 1000; n++) socket.send(`${n}`);
  for (let n = 0; n < 1000; n++) assert.strictEqual((await next())[0].toString(), `${n}`);
  socket.close(4321, "enough");
  const [code] = await once(socket, "close");
  assert.strictEqual(code, 4321);
  console.log("ok");
})();

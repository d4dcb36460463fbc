// What the page can show: a machine, what an application answers to its events, and bytes to begin with.

const later = (connection, next, answer) => {
  // What came of a body goes back when it is complete.
  if (next.kind === "request") connection.heard = [];
  if (next.kind === "data") connection.heard.push(...next.data);
  if (next.kind === "end") answer(Uint8Array.from(connection.heard));
};

const ASKS_UPGRADE = 4, TEXT = 12, BINARY = 13, WEBSOCKET_SERVER = 8;

const http = (connection, next) => {
  if (next.kind === "request") connection.asked = next.flags & ASKS_UPGRADE;
  if (next.kind === "upgraded") connection.call("become", WEBSOCKET_SERVER);
  websocket(connection, next);
  later(connection, next, (body) => {
    if (connection.asked) connection.call("websocket_accept", next.id);
    else connection.call("http_respond_with", next.id, 200, [["content-type", "text/plain"]], body.length ? body : "hello\n");
  });
};
const websocket = (connection, next) => {
  if (next.kind === "text" || next.kind === "binary") connection.call("websocket_send", next.kind === "text" ? TEXT : BINARY, next.data);
};
const message = (connection, next) => {
  if (next.kind === "message") connection.call("message_send", next.code, next.data);
  if (next.kind === "peer closed") connection.call("close");
};

const POST = `POST /greeting HTTP/1.1
Host: example.org
Transfer-Encoding: chunked

5
hello
7
, world
0

`;
const GET = `GET /hello?to=you HTTP/1.1
Host: example.org
Accept: text/plain

`;
const UPGRADE = `GET /chat HTTP/1.1
Host: example.org
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

\\x81\\x85\\x37\\xfa\\x21\\x3d\\x7f\\x9f\\x4d\\x51\\x58`;
const MESSAGE = "\\xde\\xad\\xbe\\xef\n\\x00\\x01 \\x00\\x07\n\\x00\\x00\\x00\\x05\nhello\n".replaceAll(" ", "\n");

export const MACHINES = [
  {
    id: "http1-server", title: "HTTP server", crlf: true, answer: http,
    about: "HTTP/1.1 as a server hears it. Here the application sends each body back, or says hello; it grants a WebSocket, and echoes there.",
    samples: { "two requests": GET + POST, "to a WebSocket": UPGRADE, "expects a 100": "PUT /file HTTP/1.1\nHost: example.org\nExpect: 100-continue\nContent-Length: 4\n\ndata",
      "smuggling": "POST / HTTP/1.1\nHost: example.org\nContent-Length: 6\nTransfer-Encoding: chunked\n\n0\n\nGET /admin HTTP/1.1\n",
      "space before a colon": "GET / HTTP/1.1\nHost : example.org\n\n", "a slow head": "GET /slow HTTP/1.1\nHost: exa" },
  },
  {
    id: "http1-client", title: "HTTP client", crlf: true, answer() {},
    begin(connection) {
      connection.call("http_request", "GET", "/", [["host", "example.org"]], 0n, connection.scratch);
    },
    about: "HTTP/1.1 as a client hears it. The application has asked for / before anything arrives.",
    samples: { "a response": "HTTP/1.1 103 Early Hints\nLink: </a.css>; rel=preload\n\nHTTP/1.1 200 OK\nContent-Length: 12\n\nhello, world",
      "chunks and a trailer": "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4;note=x\nwire\n0\nDigest: none\n\n",
      "until the end": "HTTP/1.0 200 OK\n\nall of it, up to the end of the stream",
      "nobody asked": "HTTP/1.1 204 No Content\n\nHTTP/1.1 200 OK\nContent-Length: 0\n\n" },
  },
  {
    id: "websocket-server", title: "WebSocket", crlf: false,
    answer: websocket,
    about: "WebSocket after the handshake, the server's end. Here the application echoes; pings and Close frames the machine answers.",
    samples: { "text, ping, close": "\\x81\\x85\\x37\\xfa\\x21\\x3d\\x7f\\x9f\\x4d\\x51\\x58\n\\x89\\x82\\0\\0\\0\\0hi\n\\x88\\x82\\0\\0\\0\\0\\x03\\xe8",
      "in fragments": "\\x01\\x83\\0\\0\\0\\0bar\n\\x89\\x80\\0\\0\\0\\0\n\\x80\\x84\\0\\0\\0\\0ewir\n\\x81\\x81\\0\\0\\0\\0e",
      "not UTF-8": "\\x81\\x84\\0\\0\\0\\0ok\\xc3\\x28", "no mask": "\\x81\\x05hello", "non-minimal length": "\\x82\\xfe\\x00\\x05\\0\\0\\0\\0hello" },
  },
  {
    id: "message", title: "Messages", crlf: false, answer: message,
    about: "A twelve-byte header of magic, version, type and length, then the payload. Here the application sends each message back.",
    samples: { "a message": MESSAGE, "two in a row": MESSAGE + MESSAGE.replace("\\x07", "\\x08").replace("hello", "again"),
      "another version": MESSAGE.replace("\\x01", "\\x02"), "too long": "\\xde\\xad\\xbe\\xef\\x00\\x01\\x00\\x07\\x7f\\xff\\xff\\xff" },
  },
  {
    id: "detect", title: "Which is it?", crlf: true,
    answer(connection, next) {
      if (next.kind === "detected" && (next.code === 3 || next.code === 5)) connection.call("become", next.code);
      (next.kind === "message" || next.kind === "peer closed" ? message : http)(connection, next);
    },
    about: "One port for several protocols: the first bytes tell, none is consumed, and the machine of that protocol takes over.",
    samples: { HTTP: GET, "a message": MESSAGE.replaceAll("\n", ""), TLS: "\\x16\\x03\\x01\\x02\\x00\\x01", "HTTP/2": "PRI * HTTP/2.0\n\nSM\n\n",
      neither: "\\x00\\x01\\x02" },
  },
];

/** What a source text stands for. */
export function parse(source, crlf) {
  const bytes = [], named = { r: 13, n: 10, t: 9, 0: 0, "\\": 92 };
  for (const [piece, hex, name] of source.matchAll(/\\x([0-9a-fA-F]{2})|\\([rnt0\\])|\r?\n|[^]/gu)) {
    if (hex) bytes.push(parseInt(hex, 16));
    else if (name) bytes.push(named[name]);
    else if (piece.endsWith("\n")) bytes.push(...(crlf ? [13, 10] : []));
    else bytes.push(...new TextEncoder().encode(piece));
  }
  return Uint8Array.from(bytes);
}

/** Bytes for people: text where it is text, escapes elsewhere. Breaks lines behind line feeds. */
export function show(bytes) {
  return String.fromCharCode(...bytes).replace(/\r\n/g, "\n").replace(/[^\n\x20-\x7e]/g,
    (c) => c === "\r" ? "\\r" : "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
}

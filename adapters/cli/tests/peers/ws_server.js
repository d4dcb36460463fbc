// An echo server on Node's ws module. Prints its port. The path /refuse is answered with 403; /bye closes with 4000.
const WebSocket = require("./ws.js");

const server = new WebSocket.Server({
  host: "127.0.0.1",
  port: 0,
  maxPayload: 1 << 30,
  handleProtocols: (protocols) => protocols.has("echo") && "echo",
  verifyClient: ({ req }) => req.url !== "/refuse",
}, () => console.log(server.address().port));
server.on("connection", (socket, request) => {
  socket.on("message", (data, binary) => {
    if (request.url === "/bye") socket.close(4000, "as it was asked to");
    else socket.send(data, { binary });
  });
});

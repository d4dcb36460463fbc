// An echo server on Node's own http. Prints its port. /hints sends a 103 first.
const http = require("node:http");

const server = http.createServer((request, response) => {
  if (request.url === "/hints") {
    response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
    response.end("hinted");
  } else {
    request.pipe(response);
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

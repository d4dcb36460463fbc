"""An echo server on h11. Prints its port. The path says how a response is framed: /length, /chunked or /close."""
import socket

import h11

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def serve(sock):
    connection = h11.Connection(h11.SERVER)

    def receive():
        while True:
            event = connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            connection.receive_data(sock.recv(65536))

    request = receive()
    if not isinstance(request, h11.Request):
        return
    body = b""
    while isinstance(event := receive(), h11.Data):
        body += event.data
    headers = {b"/length": [("Content-Length", str(len(body)))], b"/chunked": [("Transfer-Encoding", "chunked")]}
    headers = headers.get(request.target, [("Connection", "close")])
    sock.sendall(connection.send(h11.Response(status_code=200, reason="OK", headers=headers)))
    if request.method != b"HEAD":
        for at in range(0, len(body), 50_000):
            sock.sendall(connection.send(h11.Data(data=body[at:at + 50_000])))
    sock.sendall(connection.send(h11.EndOfMessage()) or b"")


while True:
    sock, _ = listener.accept()
    with sock:
        serve(sock)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass

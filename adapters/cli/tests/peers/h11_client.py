"""A client on h11, the strictest of Python's. Usage: h11_client.py HOST PORT"""
import os
import socket
import sys

import h11

sock = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
connection = h11.Connection(h11.CLIENT)


def send(*events):
    for event in events:
        data = connection.send(event)
        if data:
            sock.sendall(data)


def receive():
    while True:
        event = connection.next_event()
        if event is not h11.NEED_DATA:
            return event
        connection.receive_data(sock.recv(65536))


def exchange(method, target, body, headers):
    send(h11.Request(method=method, target=target, headers=[("Host", "test")] + headers))
    if ("Expect", "100-continue") in headers:
        event = receive()
        assert isinstance(event, h11.InformationalResponse) and event.status_code == 100, event
    send(*([h11.Data(data=body)] if body else []), h11.EndOfMessage())
    response = receive()
    assert isinstance(response, h11.Response), response
    data = b""
    while isinstance(event := receive(), h11.Data):
        data += event.data
    assert isinstance(event, h11.EndOfMessage), event
    if connection.our_state is h11.DONE:
        connection.start_next_cycle()
    return response, data


for size in (1, 1000, 60_000):
    body = os.urandom(size)
    length = ("Content-Length", str(size))
    for headers in ([length], [("Transfer-Encoding", "chunked")], [length, ("Expect", "100-continue")]):
        response, data = exchange("POST", "/echo", body, headers)
        assert response.status_code == 200 and data == body, (response, headers, len(data))
response, data = exchange("HEAD", "/", b"", [])
assert response.status_code == 200 and data == b"", response
response, data = exchange("GET", "/health", b"", [("Connection", "close")])
assert data == b"ok\n" and (b"connection", b"close") in [(k.lower(), v) for k, v in response.headers], response
assert sock.recv(1) == b""
print("ok")

"""A message client that shares no code with barewire: sends, expects each message back, then ends its side.

Usage: message_client.py HOST PORT
"""
import socket
import struct
import sys
import threading

HEADER = struct.Struct(">IHHI")  # magic, version, type, length
MESSAGES = [(kind, bytes(i * (kind + 1) % 251 for i in range(size)))
            for kind, size in enumerate([0, 1, 12, 125, 4096, 70_000, 1 << 20, 0])] + [(0xFFFF, b"last")]

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as connection:
    sent = b"".join(HEADER.pack(0xDEADBEEF, 1, kind, len(payload)) + payload for kind, payload in MESSAGES)

    def send():  # beside the reading, so that neither side can wait for the other
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    with connection.makefile("rb") as stream:
        for kind, payload in MESSAGES:
            header = HEADER.unpack(stream.read(HEADER.size))
            if header != (0xDEADBEEF, 1, kind, len(payload)) or stream.read(len(payload)) != payload:
                sys.exit(f"message {kind} of {len(payload)} bytes came back as {header}")
        if stream.read(1):
            sys.exit("more came back than was sent")
    sender.join()
print("ok")

"""Python's own HTTP client, on one connection. Usage: http_client.py HOST PORT"""
import http.client
import os
import sys

connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)


def ask(method, path, body=None, headers={}, **options):
    connection.request(method, path, body, headers, **options)
    response = connection.getresponse()
    return response, response.read()


def check(holds, what):
    if not holds:
        sys.exit(f"wrong: {what}")


response, body = ask("GET", "/health")
check((response.status, body) == (200, b"ok\n"), "health")
first = connection.sock
for size in (0, 1, 70_000, 1 << 20):
    sent = os.urandom(size)
    response, body = ask("POST", "/echo", sent)
    check((response.status, body) == (200, sent), f"echo of {size} bytes")
    pieces = [sent[at:at + 1000] for at in range(0, size, 1000)]
    response, body = ask("PUT", "/echo", iter(pieces), encode_chunked=True)
    check((response.status, body) == (200, sent), f"chunked echo of {size} bytes")
response, body = ask("HEAD", "/")
check(response.status == 200 and body == b"" and int(response.headers["content-length"]) > 0, "HEAD")
response, body = ask("GET", "/nothing")
check(response.status == 404, "404")
response, body = ask("DELETE", "/")
check(response.status == 405 and "GET" in response.headers["allow"], "405")
check(connection.sock is first, "all on one connection")
response, body = ask("GET", "/health", headers={"Connection": "close"})
check((body, connection.sock) == (b"ok\n", None), "close")
print("ok")

"""An echo server on Python's websockets. Prints its port. The path /bye closes with 4000."""
import asyncio

import websockets


async def serve(socket):
    async for message in socket:
        if socket.request.path == "/bye":
            await socket.close(4000, "as it was asked to")
        elif isinstance(message, str):
            # In pieces, as it may be sent.
            half = len(message) // 2
            await socket.send([message[:half], message[half:]])
        else:
            await socket.send(message)


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["echo"], max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())

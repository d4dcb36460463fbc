"""A client on Python's websockets. Usage: websockets_client.py HOST PORT"""
import asyncio
import os
import sys

import websockets


async def main():
    url = f"ws://{sys.argv[1]}:{sys.argv[2]}/ws"
    async with websockets.connect(url, subprotocols=["chat", "echo"], max_size=None) as socket:
        assert socket.subprotocol == "echo"
        for size in [0, 1, 125, 126, 1000, 65_535, 65_536, 200_000, 3 << 20]:
            data, text = os.urandom(size), "é" * (size // 2)
            await socket.send(data)
            await socket.send(text)
            assert await socket.recv() == data, size
            assert await socket.recv() == text, size
        await asyncio.wait_for(await socket.ping(), 10)
        await socket.send(["in ", "three ", "pieces"])
        assert await socket.recv() == "in three pieces"
        await asyncio.gather(*(socket.send(str(n)) for n in range(1000)))
        assert [await socket.recv() for n in range(1000)] == [str(n) for n in range(1000)]
        await socket.close(4321, "enough")
        assert socket.close_code == 4321, socket.close_code
    print("ok")


asyncio.run(main())

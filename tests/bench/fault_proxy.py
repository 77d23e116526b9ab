"""Forwards requests between clients and a server, and injects faults."""

import asyncio
import contextlib
import random
import threading

FAULTS = ("delay", "cut request", "cut reply", "500", "503", "dropped reply", "garbage", "slow")


class FaultProxy:
    """Forwards HTTP/1.1 on a free loopback port, in its own thread. `fault` may be set at any time.

    None forwards; "away" closes each connection at once; "drop replies" drops the first reply to each different request,
    after the server has stored it; "random" harms three requests in ten, in one of the ways of FAULTS.
    """

    def __init__(self, upstream_port):
        self.upstream_port, self.fault, self.port = upstream_port, None, 0
        self.random, self.seen, self.num_harmed = random.Random(1), set(), 0
        self.loop, self.open = asyncio.new_event_loop(), set()
        is_ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(is_ready,), daemon=True)
        self.thread.start()
        is_ready.wait()

    def run(self, is_ready):
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        is_ready.set()
        self.loop.run_forever()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.drop_all(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def drop_all(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def go_away(self):
        """Closes open connections and, until `fault` is changed, all new ones."""
        self.fault = "away"
        self.loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self.open])

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            while await self.serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one of the two ends closed
        finally:
            self.open.discard(writer)
            writer.transport.abort() if self.fault == "away" else writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def serve_one(self, reader, writer):
        """Forwards one request and its reply; returns whether the connection stays open."""
        if self.fault == "away":
            return False
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        request = head + await reader.readexactly(length)
        fault = self.choose(head.split(b"\r\n")[0] + request[len(head):])
        if fault in ("500", "503"):
            return await send(writer, b"HTTP/1.1 %b Fault\r\nContent-Length: 4\r\n\r\nbusy" % fault.encode())
        if fault == "garbage":
            return await send(writer, b"\x01\x02 SSH-2.0 hello\r\n\r\n", goes_on=False)
        if fault == "delay":
            await asyncio.sleep(self.random.uniform(0.1, 1.5))
        if fault == "cut request":
            request = request[: len(request) // 2]
        reply = await self.forward(request, reads=fault != "cut request")
        if fault == "dropped reply" or not reply:
            return False
        if fault == "cut reply":
            return await send(writer, reply[: len(reply) - max(1, len(reply) // 4)], goes_on=False)
        if fault == "slow":
            for byte in range(0, len(reply), 16):
                await send(writer, reply[byte : byte + 16])
                await asyncio.sleep(0.02)
            return False
        return await send(writer, reply, goes_on=False)

    def choose(self, request):
        """Returns the fault of a request."""
        fault = None
        if self.fault == "away":
            fault = "dropped reply"
        elif self.fault == "drop replies" and request not in self.seen:
            self.seen.add(request)
            fault = "dropped reply"
        elif self.fault == "random" and self.random.random() < 0.3:
            fault = self.random.choice(FAULTS)
        self.num_harmed += fault is not None
        return fault

    async def forward(self, request, reads):
        """Returns the whole reply of the server; empty when it gives none, or is not to be waited for."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            return b""
        try:
            writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            await writer.drain()
            return await asyncio.wait_for(reader.read(), 60) if reads else b""
        except (OSError, asyncio.TimeoutError):
            return b""
        finally:
            writer.close()


async def send(writer, data, goes_on=True):
    writer.write(data)
    await writer.drain()
    return goes_on

"""A gateway for text messages on a real socket: what came in, over how many connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec


class Gateway:
    """`answers` are the status codes to come; 200 when none is left. `bodies` and `keys` are what came."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.connections = 0
        self.url = ""

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                self.bodies.append(msgspec.json.decode(await reader.readexactly(int(headers["content-length"]))))
                self.keys.append(headers["idempotency-key"])
                status = self.answers.pop(0) if self.answers else 200
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()


@asynccontextmanager
async def gateway(*answers: int) -> AsyncIterator[Gateway]:
    made = Gateway(*answers)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/messages"
    try:
        yield made
    finally:
        server.close()

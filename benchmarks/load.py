"""Keep-alive HTTP clients in a process of their own.

Each sends its prepared requests one after the other and notes every answer's time.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import uvloop


@dataclass
class Result:
    """What the clients saw. `seconds` from the first request to the last answer; `times` a request, in seconds."""

    seconds: float
    times: list[float] = field(repr=False)
    statuses: Counter[int]

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(port: int, work: Sequence[Sequence[bytes]]) -> Result:
    """Sends each client's list over a connection of its own, all at once; raises when a connection breaks."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, port, work))
    process.start()
    try:
        result: Result = ours.recv()
    finally:
        process.join()
    return result


def _serve(pipe: Connection, port: int, work: Sequence[Sequence[bytes]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pipe.send(runner.run(_all(port, work)))


async def _all(port: int, work: Sequence[Sequence[bytes]]) -> Result:
    statuses: Counter[int] = Counter()
    times: list[float] = []
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in work]
    started = time.perf_counter()
    await asyncio.gather(
        *(_client(*connection, requests, times, statuses) for connection, requests in zip(connections, work, strict=True))
    )
    seconds = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
    return Result(seconds, times, statuses)


async def _client(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Sequence[bytes],
    times: list[float],
    statuses: Counter[int],
) -> None:
    for sent in requests:
        started = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        start = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[start : head.index(b"\r", start)]))
        times.append(time.perf_counter() - started)
        statuses[int(head[9:12])] += 1

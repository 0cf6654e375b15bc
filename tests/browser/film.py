"""A film of one square code, for the camera of a test's browser."""

from __future__ import annotations

from pathlib import Path

import qrcode

WIDTH, HEIGHT = 640, 480


def film(text: str, path: Path) -> list[str]:
    """Writes the film and answers the arguments with which Chromium shows it as its camera."""
    drawn = qrcode.QRCode(border=4)
    drawn.add_data(text)
    drawn.make()
    squares = drawn.get_matrix()
    size = HEIGHT // len(squares)
    left, top = (WIDTH - len(squares) * size) // 2, (HEIGHT - len(squares) * size) // 2

    def light(x: int, y: int) -> int:
        column, row = (x - left) // size, (y - top) // size
        inside = 0 <= column < len(squares) and 0 <= row < len(squares)
        return 16 if inside and squares[row][column] else 235

    picture = bytes(light(x, y) for y in range(HEIGHT) for x in range(WIDTH)) + bytes([128]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + (b"FRAME\n" + picture) * 5)
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    ]

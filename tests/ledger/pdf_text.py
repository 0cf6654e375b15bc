"""What a PDF says, read as a viewer copies it: codes of embedded fonts through their own tables of letters."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode


def objects(pdf: bytes) -> dict[int, bytes]:
    return {int(number): body for number, body in re.findall(rb"\n(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL)}


def unpacked(thing: bytes) -> bytes:
    """The stream of an object; nothing where it has none."""
    head, found, body = thing.partition(b"stream")
    if not found:
        return b""
    packed = body.partition(b"endstream")[0].strip(b"\r\n")
    if b"/ASCII85Decode" in head:
        packed = a85decode(b"<~" + packed, adobe=True)
    return zlib.decompress(packed) if b"/FlateDecode" in head else packed


def letters(table: bytes) -> dict[int, str]:
    """From the code in the text to the letter."""
    found = {}
    for first, last, targets in re.findall(rb"<(\w+)>\s*<(\w+)>\s*\[(.*?)\]", table, re.DOTALL):
        written = re.findall(rb"<(\w+)>", targets)
        for code, letter in zip(range(int(first, 16), int(last, 16) + 1), written, strict=False):
            found[code] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letter in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    return found


ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _plain(text: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        sign = match.group(1)
        return bytes([int(sign, 8)]) if sign[:1].isdigit() else SIGNS.get(sign, sign)

    return ESCAPED.sub(one, text)


def text_of(pdf: bytes) -> str:
    """All text in the order in which it is drawn, without line breaks and blanks."""
    things = objects(pdf)
    tables = {}
    for body in things.values():
        named, target = re.search(rb"/Name /(\S+)", body), re.search(rb"/ToUnicode (\d+) 0 R", body)
        if named and target:
            tables[named.group(1)] = letters(unpacked(things[int(target.group(1))]))
    drawn = (unpacked(body) for body in things.values() if b"/Subtype" not in body)
    pages = b"\n".join(each for each in drawn if b" Tf" in each)
    said: list[str] = []
    table: dict[int, str] = {}
    for font, string in re.findall(rb"/(\S+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\)\s*Tj", pages, re.DOTALL):
        if font:
            table = tables.get(font, {})
        said += [table.get(code, chr(code)) for code in _plain(string)]
    return re.sub(r"\s", "", "".join(said))

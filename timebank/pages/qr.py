"""QR codes as SVG in the page: no request, no colour but black, sharp at any size and on paper."""

from __future__ import annotations

from functools import lru_cache

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4
"""Modules of white around the code; scanners need them."""


@lru_cache(maxsize=500)
def svg(text: str) -> Markup:
    """The picture, one path. It is for cameras; what people read stands beside it."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix)
    runs = "".join(_runs(row, line) for line, row in enumerate(matrix))
    return Markup(  # noqa: S704  digits only
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" aria-hidden="true" '
        f'focusable="false"><path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{runs}"/></svg>'
    )


def _runs(row: list[bool], line: int) -> str:
    """The dark stretches of one row as rectangles."""
    path, start = "", None
    for column, is_dark in enumerate([*row, False]):
        if is_dark and start is None:
            start = column
        elif not is_dark and start is not None:
            path += f"M{start} {line}h{column - start}v1H{start}z"
            start = None
    return path

"""A sheet of paper as PDF. The font is embedded, so that Chinese can be read and printed where none is installed (0032)."""

from __future__ import annotations

import asyncio
import io
from functools import cache
from importlib.metadata import distribution
from itertools import zip_longest
from urllib.parse import quote
from xml.sax.saxutils import escape

from litestar import Response
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as PlainTable

from timebank.web import pdf_bars, sheets
from timebank.web.papers import Paper, Table, as_sheet
from timebank.web.words import Language

FONT = "Noto Sans SC"
SIZE = 9
MARGIN = 14 * mm
WIDTH = landscape(A4)[0] - 2 * MARGIN
NARROWEST, WIDEST = 12 * mm, 90 * mm
PICTURE = 34 * mm
LINE = (0.6, 0.6, 0.6)
PADDING = 6
WESTERN = "\u2e7f"
"""The last sign before those of Chinese."""
LETTERS = ("FONT", (0, 0), (-1, -1), FONT, SIZE, SIZE * 1.4)
NARROW = [("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]
FLUSH = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6), ("VALIGN", (0, 0), (-1, -1), "TOP")]


async def to_pdf(paper: Paper, language: Language) -> bytes:
    """A4 across, every page with its number. Made beside the event loop: a long one takes a second."""
    return await asyncio.to_thread(draw, paper, language)


def draw(paper: Paper, language: Language) -> bytes:
    """The same, here and now."""
    font()
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=paper.title,
        lang="zh-CN" if language == "zh" else "en",
    )
    story = [_text(paper.title, 15, after=6), *_lead(paper), _beside_qr(paper) if paper.qr else _facts(paper)]
    for table in paper.tables:
        story += [Spacer(1, 10), _text(table.sheet.title, 11, after=3), _table(table, language)]
    story += _bars(paper)
    if paper.closing or paper.signed:
        story.append(KeepTogether([Spacer(1, 8), *(_text(line, after=2) for line in paper.closing), *_signed(paper)]))

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.setFont(FONT, 7)
        canvas.drawString(MARGIN, 8 * mm, paper.foot)
        canvas.drawRightString(MARGIN + WIDTH, 8 * mm, str(canvas.getPageNumber()))

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


@cache
def font() -> None:
    """Reads the font once a process. It lies in a wheel whose code is never imported."""
    path = distribution("zhplot").locate_file("zhplot/fonts/NotoSansSC-Regular.ttf")
    pdfmetrics.registerFont(TTFont(FONT, str(path)))


@cache
def _style(size: int, after: int, is_figure: bool, is_chinese: bool) -> ParagraphStyle:
    """Chinese breaks between any two signs, other text between words."""
    more = ({"alignment": TA_RIGHT} if is_figure else {}) | ({"wordWrap": "CJK"} if is_chinese else {})
    return ParagraphStyle("cell", fontName=FONT, fontSize=size, leading=size * 1.4, spaceAfter=after, **more)


def _text(text: str, size: int = SIZE, after: int = 0, *, is_figure: bool = False) -> Paragraph:
    """Letters that the font does not have come out as its empty box; what looks like markup is text."""
    return Paragraph(escape(text), _style(size, after, is_figure, any(sign > WESTERN for sign in text)))


def _lead(paper: Paper) -> list[Paragraph]:
    return [_text(paper.lead, 11, after=8)] if paper.lead else []


def _beside_qr(paper: Paper) -> PlainTable:
    """The facts below each other, and the picture at the right edge."""
    label = 45 * mm
    cells = [[_text(words), _text(value)] for words, value in paper.facts]
    facts = PlainTable(cells, colWidths=[label, WIDTH - PICTURE - label], hAlign="LEFT", style=TableStyle([*FLUSH, *NARROW]))
    code = QrCodeWidget(paper.qr, barLevel="M")
    left, low, right, high = code.getBounds()
    scale = PICTURE / max(right - left, high - low)
    picture = Drawing(PICTURE, PICTURE, transform=[scale, 0, 0, scale, 0, 0])
    picture.add(code)
    edges = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return PlainTable([[facts, picture]], colWidths=[WIDTH - PICTURE, PICTURE], hAlign="LEFT", style=TableStyle(edges))


def _signed(paper: Paper) -> list[PlainTable]:
    """Room for a seal and for names by hand, kept together."""
    if not paper.signed:
        return []
    width = WIDTH / len(paper.signed)
    ruled = [*FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 10), ("BOTTOMPADDING", (0, 0), (-1, -1), 20)]
    cells = [[_text(words) for words in paper.signed]]
    return [PlainTable(cells, colWidths=[width] * len(paper.signed), hAlign="LEFT", style=TableStyle(ruled))]


def _facts(paper: Paper) -> LongTable:
    """Two beside each other, read line by line."""
    cells = [[_text(label), _text(value)] for label, value in paper.facts]
    rows = [left + right for left, right in zip_longest(cells[::2], cells[1::2], fillvalue=["", ""])]
    label = 45 * mm
    return LongTable(rows, colWidths=[label, WIDTH / 2 - label] * 2, hAlign="LEFT", style=TableStyle(FLUSH))


def _table(table: Table, language: Language) -> LongTable:
    texts = [list(table.sheet.heads), *table.shown(language)]
    widths = _widths(texts)
    ruled = [*FLUSH, LETTERS, ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("LINEBELOW", (0, 0), (-1, 0), 1, LINE)]
    ruled += [("ALIGN", (column, 0), (column, -1), "RIGHT") for column in table.figures]
    if table.sheet.sums is not None:
        ruled.append(("LINEABOVE", (0, -1), (-1, -1), 1, LINE))
    rows = [
        [_cell(cell, widths[column], is_figure=column in table.figures) for column, cell in enumerate(line)] for line in texts
    ]
    return LongTable(rows, colWidths=widths, repeatRows=1, hAlign="LEFT", style=TableStyle(ruled))


def _bars(paper: Paper) -> list[PlainTable]:
    """Two beside each other, each below its title; a row stays whole."""
    if not paper.bars:
        return []
    each = WIDTH / 2
    cells = [[_text(bars.title, 11, after=2), pdf_bars.drawing(bars, each - 8 * mm, FONT)] for bars in paper.bars]
    rows = [[left, right] for left, right in zip_longest(cells[::2], cells[1::2], fillvalue="")]
    spaced = [*FLUSH, ("TOPPADDING", (0, 0), (-1, -1), 10)]
    return [PlainTable(rows, colWidths=[each, each], hAlign="LEFT", style=TableStyle(spaced))]


def _cell(text: str, width: float, *, is_figure: bool) -> Paragraph | str:
    """Broken into lines where it has to be, which takes ten times as long."""
    fits = pdfmetrics.stringWidth(text, FONT, SIZE) + PADDING <= width
    return text if fits else _text(text, is_figure=is_figure)


def _widths(texts: list[list[str]]) -> list[float]:
    """As wide as what stands in it; where that is more than the page, the widest give way and dates and figures stay whole."""
    wanted = [
        min(WIDEST, max(NARROWEST, *(pdfmetrics.stringWidth(line[column], FONT, SIZE) + PADDING + 1 for line in texts)))
        for column in range(len(texts[0]))
    ]
    rest, cap = WIDTH, WIDTH
    for taken, width in enumerate(sorted(wanted)):
        cap = rest / (len(wanted) - taken)
        if width > cap:
            break
        rest -= width
    return [min(width, max(cap, NARROWEST)) for width in wanted]


async def answer(paper: Paper, kind: str, name: str, language: Language) -> Response[bytes]:
    """The paper as a file called `name` and its ending: pdf, csv, xlsx or ods. Raises NotFound for another format."""
    if kind != "pdf":
        return sheets.answer(as_sheet(paper), kind, name)
    return Response(
        await to_pdf(paper, language),
        media_type="application/pdf",
        headers={"content-disposition": f"inline; filename*=UTF-8''{quote(name)}.pdf", "cache-control": "no-store"},
    )

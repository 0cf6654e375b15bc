"""gettext: the words of pages and answers. Message ids are English; `locale/zh/*.po` hold the Chinese, one file per room."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LOCALE = Path(__file__).parent / "locale"
LANGUAGE_COOKIE = "timebank_language"


@cache
def catalogue(language: Language) -> NullTranslations:
    """The translations of one language, merged from all its files and compiled in memory."""
    if language == "en":
        return NullTranslations()
    whole = Catalog(locale=language)
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


class Numbered(NamedTuple):
    """Both forms of a sentence, and the name of the value whose number chooses between them."""

    by: str
    one: str
    many: str


def say(language: Language, message: str | Numbered, **values: object) -> str:
    """The message in `language`, with `%(name)s` filled in."""
    if isinstance(message, Numbered):
        text = catalogue(language).ngettext(message.one, message.many, 1 if values[message.by] == 1 else 2)
    else:
        text = catalogue(language).gettext(message)
    return text % values if values else text


def _(message: str) -> str:
    """Marks a message for the catalogue where it is written down and translated later."""
    return message


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Marks both forms for the catalogue."""
    return one, many


def numbered(by: str, forms: tuple[str, str]) -> Numbered:
    """A sentence with a number where `say` and `tell` take one: `numbered("days", ngettext("... day", "... days"))`."""
    return Numbered(by, *forms)


def choose(cookie: str | None, member: str, accept: str) -> Language:
    """The reader's language: what was chosen on a page, else the member's, else the browser's, else Chinese."""
    for wish in (cookie, member):
        if wish in LANGUAGES:
            return wish
    for part in accept.split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return "zh"

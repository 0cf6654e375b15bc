"""The words of the audit are one list: what it was done to, and a verb in the past."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import timebank

SHAPE = re.compile(r"[a-z_]+\.[a-z_]+")


def verbs() -> list[str]:
    """The constants given to `audit.write` as its deed."""
    found = []
    for path in Path(timebank.__file__).parent.glob("actions/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.write":
                found += [str(each.value) for each in ast.walk(node.args[1]) if isinstance(each, ast.Constant)]
    return found


def test_every_deed_is_a_noun_and_a_verb() -> None:
    found = verbs()
    assert len(found) > 30
    assert [verb for verb in found if not SHAPE.fullmatch(verb)] == []

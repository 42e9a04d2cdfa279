"""The page on the JSON schema lists every rule that only the parser knows."""

from __future__ import annotations

import re

from documents import ROOT

from automl.schema.rules import PARSER_ONLY

PAGE = ROOT / "docs" / "how-to" / "complete-in-the-editor.md"


def test_the_table_holds_the_rules_of_the_parser() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows[rows.index(("rule", "meaning")) + 1 :]) == dict(PARSER_ONLY)

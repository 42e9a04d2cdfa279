"""Mends that name keys under ``data:``, or stages, for what the rows are like: typed, and checked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mended_files import BASE
from mended_rows import SITUATIONS, YAML_SAFE
from mended_stages import SITUATIONS as OF_STAGES
from printed import check_tied

from automl.cli import main


@pytest.mark.parametrize("name", [*SITUATIONS, *OF_STAGES])
def test_the_mend_of_rows_works_when_it_is_typed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, change, says, apply = (SITUATIONS | OF_STAGES)[name]
    Path("houses.csv").write_text(text)
    document = YAML_SAFE.load(BASE)
    change(document)
    said = paragraphs(document, says)
    assert said, checked(document)
    check_tied(f"rows: {name}", " ".join(said))
    known = errors(document)
    for paragraph in said:
        mend = paragraph[paragraph.index("mend: ") + 6 :].split("\n")[0]
        apply(document, mend)
    assert not paragraphs(document, says), checked(document)
    assert errors(document) <= known, "the mend leads to another error"


def checked(document: dict[str, Any]) -> str:
    with Path("houses.yaml").open("w") as file:
        YAML_SAFE.dump(document, file)
    done = CliRunner().invoke(main, ["check", "houses.yaml", "--data"])
    assert "Traceback" not in done.output
    return done.output


def paragraphs(document: dict[str, Any], says: str) -> list[str]:
    """What a check says, each finding a paragraph, that has a mend and speaks of this."""
    return [one for one in checked(document).split("\n\n") if says in one and "mend: " in one]


def errors(document: dict[str, Any]) -> set[str]:
    """The first words of all errors of a check."""
    found = (one.strip().split(": ", 1)[-1].split("  (at")[0] for one in checked(document).split("\n\n")[:-1])
    return {one for one in found if "silence: " not in one}

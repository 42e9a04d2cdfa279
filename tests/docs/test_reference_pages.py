"""The generated pages are fresh and complete, and every hook is told of and tested."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from documents import DOCUMENTS, ROOT

from automl.hookspecs import Announcements, Offers, families
from automl.plugins import Registry

REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
HOOKS = [*families(Offers), *families(Announcements)]


def test_the_reference_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_page_is_told_by_name() -> None:
    script = (
        "import sys, pathlib; sys.argv = ['generate.py', '--check']; sys.path.insert(0, 'docs')\n"
        "import generate; generate.REFERENCE = pathlib.Path(sys.argv[0]).parent / 'nowhere'; generate.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "stale: docs/reference/encode.md" in done.stdout
    assert "mend: python docs/generate.py" in done.stdout


@pytest.mark.parametrize("family", [hook.removeprefix("automl_") for hook in families(Offers)])
def test_every_component_is_in_the_reference(family: str) -> None:
    registry = Registry.load()
    ours = [name for name in registry.ids(family) if registry.offer(family, name).plugin.module.startswith("automl")]
    missing = [name for name in ours if f"\n## `{name}`\n" not in REFERENCE]
    assert not missing, "python docs/generate.py"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    assert any(f"`{hook}`" in document.read_text(encoding="utf-8") for document in DOCUMENTS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_tested(hook: str) -> None:
    """By its own name, or by that of the event that it is called with."""
    event = "".join(word.capitalize() for word in hook.split("_"))
    named = re.compile(rf"\b({hook}|{event})\b")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if ROOT / "tests" / "docs" not in path.parents]
    assert any(named.search(path.read_text(encoding="utf-8")) for path in tests)

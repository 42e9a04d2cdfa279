"""Mends that commands print, typed behind the same call, or in its place."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from situations import BASE, TABLE

from automl.cli import main


@dataclass(frozen=True)
class Call:
    """``words`` fail and say ``says``; ``mend`` finds in what is printed what to type, ``typed`` the call after it.

    Of ``typed`` a ``{0}`` is what was found; with ``shell`` it is typed into a shell, and the same call made again.
    """

    name: str
    words: str
    says: str
    mend: str
    typed: str
    shell: bool = False


INIT = "init houses.csv --target price"
CALLS = [
    Call(
        "a target",
        "init houses.csv --target prise --force",
        "prise",
        r"did you mean '(\w+)'",
        "init houses.csv --target {0} --force",
    ),
    Call(
        "an output that is there",
        f"{INIT} -o houses.yaml",
        "houses.yaml exists",
        "(--force) to overwrite",
        f"{INIT} {{0}}",
    ),
    Call("another output", f"{INIT} -o houses.yaml", "houses.yaml exists", r"-o (OTHER\.yaml)", f"{INIT} -o {{0}}"),
    Call("no folder", f"{INIT} -o a/b/c.yaml", "there is no folder", r"mend: (mkdir -p [^,]+),", "{0}", shell=True),
    Call(
        "no folder for a drawing",
        "graph houses.yaml -o x/y.mmd",
        "there is no folder",
        r"mend: (mkdir -p [^,]+),",
        "{0}",
        shell=True,
    ),
    Call("a folder", f"{INIT} -o folder", "is a folder", r"such as (\S+)$", f"{INIT} -o {{0}}"),
    Call(
        "a task",
        "init houses.csv --target age --task binary --force",
        "mend: --task",
        r"mend: (--task multiclass)",
        "init houses.csv --target age --force {0}",
    ),
    Call(
        "a time", f"{INIT} --time soon --force", "expected a duration", r"such as (\w+)", f"{INIT} --time {{0}} --force"
    ),
    Call(
        "a name",
        f"{INIT} --name a/b --force",
        "cannot be a pipeline's name",
        r"mend: (\S+)",
        f"{INIT} --name {{0}} --force",
    ),
    Call(
        "a preset", f"{INIT} --preset quik --force", "quik", r"did you mean '(\w+)'", f"{INIT} --preset {{0}} --force"
    ),
    Call("a stage", "plan houses.yaml --to serch", "serch", r"did you mean '(\w+)'", "plan houses.yaml --to {0}"),
    Call(
        "a part upside down",
        "plan houses.yaml --from search --to split",
        "does not come after",
        "(turn them round)",
        "plan houses.yaml --from split --to search",
    ),
    Call(
        "a positive class of numbers",
        f"{INIT} --force --positive 3",
        "leave --positive out",
        "(--positive)",
        f"{INIT} --force",
    ),
    Call(
        "a stage that the search binds",
        "plan houses.yaml --to numbers --set 'stages.numbers.with.strategy={tune: [mean, median]}'",
        "its value depends on",
        r"mend: (--to \w+),",
        "plan houses.yaml {0} --set 'stages.numbers.with.strategy={{tune: [mean, median]}}'",
    ),
    Call(
        "a part that is not there yet",
        "run houses.yaml --from search",
        "would have to run first",
        "(without --from)",
        "plan houses.yaml",
    ),
    Call("a run", "runs show lst", "there is no run 'lst'", r"see: automl (runs list)", "{0}"),
    Call("a run's model", "predict nothing houses.csv", "nothing", r"see: automl (runs list)", "{0}"),
    Call("a size", "cache gc --max-size lots", "expected a size", r"such as (\w+)", "cache gc --max-size {0}"),
    Call(
        "a separator",
        "init semicolons.csv --target price --with separator=,",
        "separator",
        r"mend: (--with \S+)",
        "init semicolons.csv --target price {0}",
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_the_mend_of_a_call_works_when_it_is_typed(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("houses.yaml").write_text(BASE)
    Path("folder").mkdir()
    for name, text in {"houses.csv": TABLE, "houses.txt": TABLE, "semicolons.csv": TABLE.replace(",", ";")}.items():
        Path(name).write_text(text)
    code, said = automl(call.words)
    assert code != 0
    assert call.says in said
    found = re.search(call.mend, said, re.MULTILINE)
    assert found, said
    typed = call.typed.format(*found.groups())
    if call.shell:
        subprocess.run(typed, shell=True, check=True)
    _, again = automl(call.words if call.shell else typed)
    assert call.says not in again or again.count(call.says) == typed.count(call.says)
    assert "Traceback" not in again


def automl(words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, shlex.split(words))
    return done.exit_code, done.output

"""A look at components from a fresh process: what importing them loads, and what they make of the sample rows there.

As a program it reads a list of `Question` as JSON from standard input and writes a list of `Answer` as JSON to
standard output. One process answers for all components that are checked together: starting one takes a second or two.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import operator
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from automl.components import Component

HEAVY: Final = frozenset({
    "catboost", "jax", "keras", "keras_tuner", "lightgbm", "matplotlib", "mlflow", "optuna", "pandas", "plotly", "ray",
    "scipy", "sklearn", "tensorflow", "torch", "xgboost",
})  # fmt: skip
"""What takes long to import, and so is imported inside the functions that use it: a file is checked without it."""

_OTHER_HASHES: Final = "77"
"""PYTHONHASHSEED there: sets of text come in another order than here."""


@dataclass(frozen=True)
class Question:
    """A class by the name of its module and its own, and the parameters to make results with."""

    module: str
    name: str
    examples: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What was seen of one component.

    Attributes:
        heavy: what importing it loaded of `HEAVY` and of its own engines; None where an earlier import in the same
            process had loaded such things already, so that nothing can be said.
        results: for each example the fingerprint of what was learned, or the error as one line.
        error: why the component cannot be imported there.
    """

    heavy: Sequence[str] | None = None
    results: Sequence[str] = ()
    error: str | None = None


def seen_from_another_process(component: type[Component], among: tuple[type[Component], ...]) -> Answer:
    """What another process says of ``component``; it is asked about all that are checked with it, once.

    Raises:
        AssertionError: the component cannot be imported there.
    """
    answer = _answers(among)[component]
    if answer.error is not None:
        raise AssertionError(f"another process cannot import {component.__qualname__}: {answer.error}")
    return answer


@functools.cache
def _answers(components: tuple[type[Component], ...]) -> Mapping[type[Component], Answer]:
    known = dict(zip(components, _ask([_question(component) for component in components]), strict=True))
    while unclear := [c for c, answer in known.items() if answer.heavy is None and answer.error is None]:
        # A process that has pandas in it cannot tell who else would have loaded it: the rest is asked in a new one.
        again = _ask([dataclasses.replace(_question(component), examples=()) for component in unclear])
        for component, answer in zip(unclear, again, strict=True):
            known[component] = dataclasses.replace(known[component], heavy=answer.heavy)
    return known


def _question(component: type[Component]) -> Question:
    return Question(component.__module__, component.__qualname__, [dict(example) for example in component.examples()])


def _ask(questions: Sequence[Question]) -> list[Answer]:
    done = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
        [sys.executable, "-m", __name__],
        input=json.dumps([dataclasses.asdict(question) for question in questions]),
        env={**os.environ, "PYTHONHASHSEED": _OTHER_HASHES, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"another process ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return [Answer(**given) for given in json.loads(done.stdout.splitlines()[-1])]


def answer(questions: Sequence[Question]) -> list[Answer]:
    """Import one component after the other and see what that loads; only then load what it takes to try them."""
    found: list[tuple[type[Component] | None, Answer]] = []
    is_light = True
    for question in questions:
        before = set(sys.modules)
        try:
            component = operator.attrgetter(question.name)(importlib.import_module(question.module))
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything at import
            found.append((None, Answer(error=f"{type(error).__name__}: {error}")))
            continue
        own = {component.__module__.partition(".")[0]}  # an adapter of the plugin's own estimator names its package
        heavy = sorted((HEAVY | set(component.engines) - own) & (set(sys.modules) - before))
        found.append((component, Answer(heavy if is_light else None)))
        is_light = is_light and not heavy
    return [
        given if component is None else dataclasses.replace(given, results=_results(component, question.examples))
        for question, (component, given) in zip(questions, found, strict=True)
    ]


def _results(component: type[Component], examples: Sequence[Mapping[str, Any]]) -> list[str]:
    from automl.testing.subjects import subject_of

    results = []
    for number, example in enumerate(examples):
        try:
            results.append(subject_of(component, number, example).result())
        except Exception as error:  # noqa: BLE001 - the component is a stranger's; the asker compares what it said
            results.append(f"{type(error).__name__}: {error}")
    return results


def main() -> None:
    questions = [Question(**question) for question in json.load(sys.stdin)]
    answers = [dataclasses.asdict(given) for given in answer(questions)]
    sys.stdout.write("\n" + json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()

"""One test for every promise of every stage, as scikit-learn's ``parametrize_with_checks`` does it for estimators.

::

    from automl.testing import parametrize_with_stage_checks

    @parametrize_with_stage_checks([MyScaler, MyEncoder])
    def test_stage(check):
        check()

Transforms are checked on each of their ``examples()``, so are splitters and readers; anything else with an id and
parameters (a learner, a network, an observer) is checked for its parameters and its import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from pydantic import ValidationError

from automl.components import Component, Reader, Splitter, Transform
from automl.errors import PluginError, did_you_mean
from automl.testing.checks import Check
from automl.testing.component_checks import EACH, ONCE
from automl.testing.odd_row_checks import (
    ODD_ROW_CHECKS,
    inverse_undoes_apply,
    stateless_stages_learn_nothing,
    unseen_levels_are_handled,
)
from automl.testing.reader_checks import READER_CHECKS
from automl.testing.splitter_checks import SPLITTER_CHECKS
from automl.testing.subjects import Subject, subject_of
from automl.testing.transform_checks import TRANSFORM_CHECKS, apply_needs_no_target

ExpectedFailures = Mapping[type[Component], Mapping[str, str]]

_LEVELS: Final = frozenset({"categorical", "ordinal", "text"})


@dataclass(frozen=True)
class StageCheck:
    """One check of one component with one example; calling it raises AssertionError where the promise is not kept."""

    subject: Subject
    check: Check

    @property
    def id(self) -> str:
        """E.g. ``impute.simple-1-zero_rows_are_handled``: component, number of the example, check."""
        number = "" if self.check in ONCE else f"-{self.subject.number}"
        return f"{self.subject.component.id}{number}-{self.check.name}"

    def __call__(self) -> None:
        __tracebackhide__ = True
        subject, component = self.subject, self.subject.component
        for decisive in self.check.after:
            if subject.verdict(decisive) is not None:
                pytest.skip(f"{decisive.name} fails, which decides this as well")
        error = subject.verdict(self.check)
        if error is not None:
            example = "" if self.check in ONCE else f", example {subject.number} {dict(subject.example)}"
            error.add_note(
                f"promise: {self.check.promise}\nof {component.__module__}.{component.__qualname__}{example}"
            )
            raise error


def parametrize_with_stage_checks(
    components: Sequence[type[Component]], *, expected_failures: ExpectedFailures | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrize ``def test_stage(check): check()``: one test per component, example and check.

    Args:
        components: the classes to check.
        expected_failures: for a class, the name of a check and the reason why it fails. Strict: where such a check
            passes after all, its test fails, so that the list never outlives its reasons.

    Raises:
        PluginError: at collection, for a component without an example or with an illegal one, and for expected
            failures of what is not checked.
    """
    expected = {component: dict(reasons) for component, reasons in (expected_failures or {}).items()}
    strangers = [component.__qualname__ for component in expected if component not in components]
    if strangers:
        raise PluginError(f"expected_failures names {', '.join(strangers)}, which is not among the checked components")
    cases = []
    for component in components:
        checks = list(stage_checks(component, among=tuple(components)))
        reasons = expected.get(component, {})
        known = {check.check.name for check in checks}
        for wrong in sorted(set(reasons) - known):
            hint = did_you_mean(wrong, known)
            raise PluginError(f"no check of {component.id!r} is called {wrong!r}{f'; {hint}' if hint else ''}")
        for check in checks:
            reason = reasons.get(check.check.name)
            marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
            cases.append(pytest.param(check, id=check.id, marks=marks))
    return pytest.mark.parametrize("check", cases)


def stage_checks(component: type[Component], among: tuple[type[Component], ...] = ()) -> Iterator[StageCheck]:
    """All checks of a component: those of the class once, the others once for each example.

    Args:
        component: the class to check.
        among: all classes that are checked together, itself included: another process is asked about them at once.

    Raises:
        PluginError: the component has no example, or one whose parameters are not legal.
    """
    for number, example in enumerate(_examples(component)):
        subject = subject_of(component, number, example, among)
        if number == 0:
            yield from (StageCheck(subject, check) for check in ONCE)
        yield from (StageCheck(subject, check) for check in (*EACH, *_checks_of(component)))


def _checks_of(component: type[Component]) -> Sequence[Check]:
    if issubclass(component, Splitter):
        return SPLITTER_CHECKS
    if issubclass(component, Reader):
        return READER_CHECKS
    if not issubclass(component, Transform):
        return ()
    checks = [*TRANSFORM_CHECKS, *ODD_ROW_CHECKS]
    checks.append(inverse_undoes_apply if component.on_target else apply_needs_no_target)
    if component.stateless:
        checks.append(stateless_stages_learn_nothing)
    if component.accepts & _LEVELS and not component.on_target:
        checks.append(unseen_levels_are_handled)
    return checks


def _examples(component: type[Component]) -> Sequence[Mapping[str, Any]]:
    examples = list(component.examples())
    mend = "mend: let its classmethod examples() return parameters to check it with, e.g. [{}, {'strategy': 'mean'}]"
    where = f"{component.id!r} ({component.__module__}.{component.__qualname__})"
    if not examples:
        raise PluginError(f"{where} has no examples, so nothing can be checked; {mend}")
    for example in examples:
        try:
            component.Params.model_validate(dict(example))
        except ValidationError as error:
            cause = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise PluginError(f"{where} has an example that is not legal, {dict(example)}: {cause}; {mend}") from error
    return examples

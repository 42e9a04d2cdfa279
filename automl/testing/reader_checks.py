"""What every reader promises, whatever it reads: its examples name sources that need not be there."""

from __future__ import annotations

from typing import Any, Final

from automl.errors import DataError
from automl.testing.checks import Check, check
from automl.testing.subjects import Subject


@check()
def a_source_that_is_not_there_is_named(subject: Subject) -> None:
    """Header, fingerprint and rows of a source that is not there are refused with a DataError that names it."""
    texts = [value for value in subject.example.values() if isinstance(value, str)]
    for verb in ("header", "fingerprint", "read"):
        error = _refusal(subject.make(), verb)
        assert any(text in str(error) for text in texts), f"{verb}() names none of {texts}: {error}"


def _refusal(reader: Any, verb: str) -> DataError:
    try:
        getattr(reader, verb)()
    except DataError as error:
        return error
    except Exception as error:
        raise AssertionError(
            f"{verb}() of a source that is not there raises {type(error).__name__}: {error}; expected a DataError"
        ) from error
    raise AssertionError(
        f"{verb}() of a source that is not there raised nothing; mend: let examples() name no real one"
    )


READER_CHECKS: Final[tuple[Check, ...]] = (a_source_that_is_not_there_is_named,)

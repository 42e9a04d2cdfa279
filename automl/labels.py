"""Labels of classes and levels: their order, and finding one by what a person wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from automl.errors import DataError, did_you_mean

Label = str | int | float | bool
"""A label as a file may write it."""

_SHOWN = 10


def natural_order(labels: Iterable[str]) -> list[str]:
    """By number where every label is one ("9" before "10"), by text else; of equal numbers by text."""
    found = list(labels)
    numbers = [_number(label) for label in found]
    if any(number is None for number in numbers):
        return sorted(found)
    return [label for _, label in sorted(zip(numbers, found, strict=True))]


def find_label(wanted: Label, labels: Sequence[str]) -> str | None:
    """The label that is meant: the same text, but for blanks around it, or the same number or truth value, or None."""
    text = str(wanted)
    if text in labels:
        return text
    trimmed = [label for label in labels if label.strip() == text.strip()]
    if len(trimmed) == 1:
        return trimmed[0]
    if isinstance(wanted, bool):
        return next((label for label in labels if label.casefold() == text.casefold()), None)
    number = _number(text)
    same = [label for label in labels if number is not None and _number(label) == number]
    return same[0] if len(same) == 1 else None


def with_positive_last(
    labels: Iterable[str], positive: Label | None, target: str, *, option: bool = False
) -> tuple[str, ...]:
    """Classes in natural order; of two, the positive one second if one is named.

    Raises:
        DataError: it is none of two classes.
    """
    key, typed = ("--positive", "--positive ") if option else ("data.positive", "positive: ")
    classes = natural_order(labels)
    if positive is None:
        return tuple(classes)
    if len(classes) != 2:
        raise DataError(
            f"{key}: {positive!r} is to be one of two classes, and the target {target!r} has {len(classes)}; "
            f"mend: {'leave --positive out' if option else 'remove ' + repr('positive')}"
        )
    found = find_label(positive, classes)
    if found is None:
        hint = did_you_mean(str(positive), classes)
        raise DataError(
            f"{key}: {positive!r} is no class of the target {target!r}; expected one of "
            f"{', '.join(map(repr, classes[:_SHOWN]))}; mend: {hint or f'{typed}{classes[1]}'}"
        )
    return tuple(sorted(classes, key=lambda label: label == found))


def _number(label: str) -> Decimal | None:
    """The number that a label is written as; None for words, "nan" and "inf" among them."""
    try:
        number = Decimal(label)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None

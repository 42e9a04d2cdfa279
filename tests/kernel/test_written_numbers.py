"""How a table writes numbers is found from its cells, and what could be otherwise is said."""

from __future__ import annotations

import pytest

from automl.written_numbers import recognise_notation

POINTS = ["1.599", "4.767", "1.234", "5.432", "2.321", "2.344"]
COMMAS = [cell.replace(".", ",") for cell in POINTS]
TELEPHONES = [f"{number} {number + 1} {number + 2}" for number in range(100, 160)]


@pytest.mark.parametrize(
    ("columns", "signs"),
    [
        ({"a": ["1.5", "2"], "b": ["x", "y"]}, (".", None)),
        ({"a": ["1,5", "2"], "b": ["x", "y"]}, (",", None)),
        ({"a": [*POINTS, "987"], "b": ["794,28", "2381,76"]}, (",", ".")),
        ({"a": [*POINTS, "987"]}, (",", ".")),
        ({"a": [*POINTS, "1987"]}, (".", None)),
        ({"a": [*COMMAS, "987"]}, (".", ",")),
        ({"a": [*COMMAS, "0,5"]}, (",", None)),
        ({"a": COMMAS, "b": ["1.5", "2.25"]}, (".", ",")),
        ({"a": COMMAS, "b": ["1,5", "2,25"]}, (",", None)),
        ({"a": ["1.234.567", "7"]}, (",", ".")),
        ({"a": ["1,234,567.5", "7"]}, (".", ",")),
        ({"a": ["1.234,5", "7"]}, (",", ".")),
        ({"a": ["1 234", "2 345,5"]}, (",", " ")),
        ({"a": ["1\u00a0234", "12"]}, (".", "\u00a0")),
        ({"a": ["1\u202f234,5", "12"]}, (",", "\u202f")),
        ({"a": ["1'234.50", "7"]}, (".", "'")),
        ({"a": ["1\u2019234.50", "7"]}, (".", "\u2019")),
        ({"a": ["-1,5e3", "+2,5"]}, (",", None)),
        ({"a": ["NULL", "1,5", "2,5", "-"]}, (",", None)),
    ],
)
def test_the_signs_that_make_most_columns_numbers(columns: dict[str, list[str]], signs: tuple[str, str | None]) -> None:
    found = recognise_notation(columns)
    assert (found.decimal, found.thousands) == signs
    assert bool(found.told) == (signs != (".", None))


@pytest.mark.parametrize(
    "cells",
    [
        ["31.12.2024", "01.02.2025"],
        ["$1,234", "$7"],
        ["12,5 %", "7 %"],
        ["007", "1,234"],
        ["10.0.0.1", "192.168.100.200"],
        ["1,23,456", "7"],
        ["12:30", "13:45"],
        TELEPHONES,
    ],
)
def test_what_is_no_number_says_nothing(cells: list[str]) -> None:
    found = recognise_notation({"a": cells, "b": ["1.5", "2"]})
    assert (found.decimal, found.thousands, list(found.told), dict(found.others)) == (".", None, [], {})


def test_what_could_be_either_is_read_by_a_rule_and_told() -> None:
    between_commas = recognise_notation({"a": COMMAS}, comma_groups=True)
    assert (between_commas.decimal, between_commas.thousands) == (".", ",")
    (doubt,) = between_commas.doubts
    assert (doubt.text, doubt.other) == ("a: '1,599' is read as 1599, and could be 1.599", (",", None))
    elsewhere = recognise_notation({"a": COMMAS}, comma_groups=False)
    assert (elsewhere.decimal, elsewhere.thousands) == (",", None)
    (doubt,) = elsewhere.doubts
    assert (doubt.text, doubt.other) == ("a: '1,599' is read as 1.599, and could be 1599", (".", ","))
    (doubt,) = recognise_notation({"a": POINTS}, comma_groups=False).doubts
    assert (doubt.text, doubt.other) == ("a: '1.599' is read as 1.599, and could be 1599", (",", "."))
    assert not recognise_notation({"a": POINTS}, comma_groups=True).doubts


def test_a_column_beside_settles_it_without_a_doubt() -> None:
    assert not recognise_notation({"a": COMMAS, "b": ["1.5", "2.25"]}).doubts
    assert not recognise_notation({"a": COMMAS, "b": ["1,5", "2,25"]}, comma_groups=False).doubts
    assert not recognise_notation({"a": [*COMMAS, "987"]}).doubts


def test_columns_in_another_notation_are_named() -> None:
    found = recognise_notation({"a": ["1,5", "2,5"], "b": ["1.5", "2.25"], "c": ["0.5", "7"]})
    assert (found.decimal, found.thousands) == (".", None)
    assert found.others == {"a": ("1,5", (",", None))}


def test_a_sign_that_is_given_is_not_found_anew() -> None:
    found = recognise_notation({"a": ["1,5", "2,5"], "b": ["1.5", "2.5"], "c": ["0.5", "7"]}, decimal=",")
    assert (found.decimal, found.others) == (",", {"b": ("1.5", (".", None)), "c": ("0.5", (".", None))})
    assert recognise_notation({"a": [*POINTS, "987"]}, decimal=".").thousands is None

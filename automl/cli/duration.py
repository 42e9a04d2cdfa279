"""``--time``."""

from __future__ import annotations

from typing import Any

import click

from automl.quantities import LONGEST, parse_duration


class Duration(click.ParamType[float]):
    """Seconds, a second or more, written as 90, 90s, 2m, 2 min or 1h30m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 1 <= seconds <= LONGEST:
            self.fail(f"expected a second or more, and ten years at most, found {value!r}", param, ctx)
        return seconds

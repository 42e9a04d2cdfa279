"""What ``automl plan`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from automl.cli.figures import duration
from automl.explain import Forecast


def forecast_lines(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """A line for each stage, what it says of its own work below it, and what the whole will cost."""
    widths = [max(len(text) for text in column) for column in zip(*map(_cells, forecasts), strict=True)]
    for forecast in forecasts:
        line = "  ".join(f"{text:<{width}}" for text, width in zip(_cells(forecast), widths, strict=True))
        yield f"{line}  {forecast.reason}".rstrip()
        yield from (f"{'':<{widths[0]}}    {note}" for note in forecast.notes if forecast.executes)
    yield _cost(forecasts)


def _cells(forecast: Forecast) -> tuple[str, str, str, str]:
    known = forecast.executes and forecast.seconds is not None
    return forecast.stage, forecast.state, forecast.component, f"~{duration(forecast.seconds or 0)}" if known else ""


def _cost(forecasts: Sequence[Forecast]) -> str:
    ahead = [forecast for forecast in forecasts if forecast.executes]
    if not ahead:
        return "nothing would run"
    known = [forecast.seconds for forecast in ahead if forecast.seconds is not None]
    cost = f"; they took {duration(sum(known))} the last time" if known else ""
    unknown = len(ahead) - len(known)
    more = f", {unknown} of them never ran here" if known and unknown else ""
    return f"up to {len(ahead)} of {len(forecasts)} stages would run{cost}{more}"

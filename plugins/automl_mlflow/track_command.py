"""``automl track sync``: sends what a tracker missed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from automl.errors import AutoMLError
from automl.secret import Address
from automl_mlflow.location import locate
from automl_mlflow.outbox import FILE, Outbox, outboxes
from automl_mlflow.sending import Sending
from automl_mlflow.tracker import Tracker
from automl_mlflow.wording import in_words

_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}", re.DOTALL)


@click.group("track")
def track() -> None:
    """Send to MLflow what it missed."""


@track.command()
@click.argument("run", required=False)
@click.option("--tracking-uri", metavar="URI", help="Where to, if not where the run was to be tracked.")
def sync(run: str | None, tracking_uri: str | None) -> None:
    """Send the runs that MLflow missed, or parts of them; RUN: one of them, as `automl runs list` names it.

    What was sent already is not sent again.
    """
    from automl.run_records import RUNS, find_run

    if run and Path(run).is_dir():
        found = [Path(run) / FILE]
    else:
        found = [find_run(run).directory / FILE] if run else list(outboxes(RUNS))
    waiting = [path for path in found if path.is_file()]
    if not waiting:
        click.echo(f"nothing to send: MLflow has missed nothing of {run or 'the runs in ' + str(RUNS)}")
    for path in waiting:
        click.echo(f"{path.parent.name}: {send(path, tracking_uri)}")


def send(path: Path, tracking_uri: str | None = None) -> str:
    """Send an outbox and remove it; returns in words what was sent. Raises AutoMLError if that is not possible."""
    outbox = Outbox.read(path)
    first, count = outbox.first, len(outbox.waiting)
    location = locate(_address(tracking_uri or first["tracking_uri"]), path.parent.parent.parent)
    try:
        tracker = Tracker.connect(location, first["experiment"])
        sending = Sending.of(tracker, outbox, again=True)
        for entry in list(outbox.waiting):
            sending.send(entry)
            outbox.mark()
    except Exception as error:
        raise AutoMLError(
            f"MLflow at {location} cannot be used: {in_words(error)}; mend: try again once it can be"
        ) from error
    outbox.remove()
    return f"sent to MLflow, {count} of its entries were missing; its run is {outbox.sent.run}"


def _address(text: str | None) -> Address | None:
    """An address as the run noted it: a URL, or the environment variable that held it."""
    match = _REFERENCE.fullmatch(text or "")
    if match is None:
        return Address(text) if text else None
    value = os.environ.get(match[1]) or match[2]
    if not value:
        raise AutoMLError(
            f"the run was to be tracked at the address in {match[1]}, which is not set; mend: set it, or give "
            "--tracking-uri"
        )
    return Address(value, text)

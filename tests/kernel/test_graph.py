"""The plan as a picture: Mermaid, Graphviz, and a page that is laid out here."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from distributions import install
from hypothesis import given
from hypothesis import strategies as st
from toy_runs import PIPELINE, TUNED, stages

from automl.cli import main
from automl.explain import Forecast
from automl.graph_drawing import Box, Layout, dot, mermaid, page, svg

SVG = "{http://www.w3.org/2000/svg}"


def box(name: str, *inputs: str, state: str = "run", component: str = "toy.fill", reason: str = "") -> Box:
    return Box(Forecast(name, component, state, reason), inputs)  # type: ignore[arg-type]


BRANCHES = [
    box("data", state="unchanged", component="toy.table"),
    box("split", "data", state="unchanged", component="toy.holdout"),
    box("numbers", "split", state="tuned", reason="bound in the search by numbers.strategy"),
    box("places", "split"),
    box("placed", "places", state="waits"),
    box("search", "numbers", "placed", "split", state="waits"),
]

"""Models made with the lowest and the highest versions that pyproject.toml allows open here and predict the same.

They are made by `make_stored.py`, which says how.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import make_stored
import numpy as np
import pandas as pd
import pytest
import stored_stages

from automl import codec
from automl.errors import BundleError
from automl.plugins import Registry
from automl.predictor import Predictor

HERE = Path(__file__).parent
MADE = ("oldest", "newest")
MOST_BYTES = 300_000


@functools.cache
def registry() -> Registry:
    return make_stored.registry()


def doctored(tmp_path: Path, model: str, change: Callable[[dict[str, Any]], None]) -> Predictor:
    """A stored model after a change to what it holds, saved and loaded again."""
    document = codec.from_bytes((HERE / f"newest.{model}.automl").read_bytes())
    change(document)
    path = tmp_path / "doctored.automl"
    path.write_bytes(codec.to_bytes(document))
    return Predictor.load(path, registry())


def add_to_batch_normalisation(document: dict[str, Any]) -> None:
    """A parameter that this Keras does not know."""
    state = document["heads"][0]["state"]
    state["architecture"] = state["architecture"].replace('"momentum":0.9', '"momentum":0.9,"new":0')


def versions(made: str, model: str) -> Mapping[str, str]:
    document = codec.from_bytes((HERE / f"{made}.{model}.automl").read_bytes())
    return {told["distribution"]: told["version"] for told in document["made_with"].values()}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("model", ["stages", "network"])
def test_a_stored_model_opens_and_predicts_the_same(made: str, model: str) -> None:
    predictor = Predictor.load(HERE / f"{made}.{model}.automl", registry())
    predicted = predictor.predict(make_stored.table(make_stored.NEW_ROWS, 1))
    expected = pd.read_csv(HERE / f"{made}.{model}.csv")
    assert list(predicted.columns) == list(expected.columns)
    assert predicted["prediction"].tolist() == expected["prediction"].tolist()
    for column in predicted.columns.drop("prediction"):
        np.testing.assert_allclose(predicted[column], expected[column], rtol=1e-5)


def test_the_oldest_are_the_lowest_versions_that_are_allowed() -> None:
    project = (HERE.parents[2] / "pyproject.toml").read_text()
    oldest = {**versions("oldest", "stages"), **versions("oldest", "network")}
    for name in ("numpy", "pandas", "scikit-learn", "keras", "tensorflow-cpu"):
        (lowest,) = set(re.findall(rf'"{name}>=([\d.]+)"', project))
        told = oldest.get(name) or oldest[name.replace("-", "_")]
        assert (told + ".0").startswith(lowest + "."), name


def test_a_model_notes_what_its_parts_need_and_no_more() -> None:
    assert {"python", "numpy", "pandas", "scikit-learn", "keras"} < set(versions("newest", "stages"))
    assert "scikit-learn" not in versions("newest", "network")
    assert sum(path.stat().st_size for path in HERE.glob("*.automl")) < MOST_BYTES
    assert len(stored_stages.STAGES) >= 26


def test_a_network_of_another_keras_says_in_a_sentence_what_it_needs(tmp_path: Path) -> None:
    """As one of 3.15 with batch normalisation under 3.13.2, which does not know ``renorm``."""

    def newer(document: dict[str, Any]) -> None:
        document["made_with"]["keras"]["version"] = "3.99.1"
        (head,) = document["heads"]
        head["state"]["architecture"] = head["state"]["architecture"].replace(
            '"momentum":0.9', '"momentum":0.9,"new":0'
        )

    with pytest.raises(BundleError) as caught:
        doctored(tmp_path, "network", newer).predict(make_stored.table(3, 1))
    told = str(caught.value)
    assert re.match(r"learner 'keras' was made with keras 3.99.1 \(here is 3[\d.]+\), and cannot be used here \(", told)
    assert told.endswith("; mend: pip install 'keras>=3.99.1,<3.100', or train the model again")
    assert "Unrecognized keyword arguments passed to BatchNormalization: {'new': 0}" in told
    assert "\n" not in told
    assert len(told) < 450


@pytest.mark.parametrize(
    ("module", "version", "told"),
    [
        ("sklearn", "1.5.2", r"made with scikit-learn 1\.5\.2 \(allowed is >=[\d.]+\)"),
        ("sklearn", "no version", r"made with scikit-learn no version \(allowed is >=[\d.]+\)"),
        ("keras", "2.15.0", r"made with keras 2\.15\.0 \(allowed is >=[\d.]+\)"),
        ("tensorflow", "2.15.1", r"made with tensorflow-cpu 2\.15\.1 \(allowed is >=[\d.]+\)"),
        ("pandas", "2.2.3", r"made with pandas 2\.2\.3 \(allowed is >=[\d.]+\)"),
        ("numpy", "1.26.4", r"made with numpy 1\.26\.4 \(allowed is >=[\d.]+\)"),
    ],
)
def test_versions_that_are_not_allowed_are_told_when_the_model_is_opened(
    tmp_path: Path, module: str, version: str, told: str
) -> None:
    """Nothing has failed yet, and nothing may: it might predict something else."""
    model = "stages" if module == "sklearn" else "network"

    def older(document: dict[str, Any]) -> None:
        document["made_with"][module]["version"] = version

    with pytest.raises(BundleError, match=rf"cannot be opened: the model was {told}, and nobody .*; mend: ") as caught:
        doctored(tmp_path, model, older)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", ["3.13.2", "3.99.0", "4.0.0rc1"])
def test_versions_that_are_allowed_are_not(tmp_path: Path, version: str) -> None:
    def other(document: dict[str, Any]) -> None:
        document["made_with"]["keras"]["version"] = version

    assert len(doctored(tmp_path, "network", other).predict(make_stored.table(3, 1))) == 3


def as_of_a_later_keras(document: dict[str, Any]) -> None:
    """As if a later Keras had given each layer with a momentum a parameter ``new``, which nobody has set."""
    (head,) = document["heads"]
    add_to_batch_normalisation(document)
    head["state"]["defaults"]["BatchNormalization"]["new"] = 0


def test_a_parameter_that_came_later_and_was_left_alone_keeps_no_model_from_opening(tmp_path: Path) -> None:
    """As one of Keras 3.15 with batch normalisation, whose ``renorm`` is False, under 3.13.2."""
    rows = make_stored.table(make_stored.NEW_ROWS, 1)
    found = doctored(tmp_path, "network", as_of_a_later_keras).predict(rows)
    pd.testing.assert_frame_equal(found, Predictor.load(HERE / "newest.network.automl", registry()).predict(rows))


def test_a_parameter_that_came_later_and_was_set_does(tmp_path: Path) -> None:
    def turned_on(document: dict[str, Any]) -> None:
        as_of_a_later_keras(document)
        document["made_with"]["keras"]["version"] = "3.99.1"
        (head,) = document["heads"]
        head["state"]["architecture"] = head["state"]["architecture"].replace('"new":0', '"new":1')

    with pytest.raises(
        BundleError, match=r"passed to BatchNormalization: \{'new': 1\}\); mend: pip install 'keras>=3.99"
    ):
        doctored(tmp_path, "network", turned_on).predict(make_stored.table(3, 1))


def test_a_stored_network_says_which_parameters_were_left_alone() -> None:
    document = codec.from_bytes((HERE / "newest.network.automl").read_bytes())
    defaults = document["heads"][0]["state"]["defaults"]
    assert defaults["BatchNormalization"].items() >= {"renorm": False, "center": True, "scale": True}.items()
    assert "momentum" not in defaults["BatchNormalization"], "it is 0.9 there, and 0.99 by default"


def test_a_stage_of_another_scikit_learn_says_what_it_needs(tmp_path: Path) -> None:
    def lacking(document: dict[str, Any]) -> None:
        document["made_with"]["sklearn"]["version"] = "1.7.2"
        for step in document["steps"].values():
            if step["component"] == "stored.pca":
                del step["state"]["estimator"]["attributes"]["components_"]

    says = r"stages.pca \(stored.pca\) was made with scikit-learn 1.7.2 \(here is 1.*AttributeError: .*; mend: "
    with pytest.raises(BundleError, match=says + "pip install 'scikit-learn>=1.7.2,<1.8', or train the model again$"):
        doctored(tmp_path, "stages", lacking).predict(make_stored.table(3, 1))


def test_what_fails_with_the_same_versions_is_no_matter_of_versions(tmp_path: Path) -> None:
    def broken(document: dict[str, Any]) -> None:
        document["made_with"] = {}
        (head,) = document["heads"]
        head["state"]["architecture"] = head["state"]["architecture"].replace(
            '"momentum":0.9', '"momentum":0.9,"new":0'
        )

    with pytest.raises(BundleError, match="the stored network cannot be rebuilt"):
        doctored(tmp_path, "network", broken).predict(make_stored.table(3, 1))


def test_rows_that_cannot_be_predicted_are_no_matter_of_versions_either(tmp_path: Path) -> None:
    """An error of the rows stays one, whatever versions are here."""

    def other(document: dict[str, Any]) -> None:
        document["made_with"]["sklearn"]["version"] = "1.7.2"

    rows = make_stored.table(3, 1)
    rows["PCA_a"] = np.nan
    with pytest.raises(Exception, match="PCA cannot transform these rows"):
        doctored(tmp_path, "stages", other).predict(rows)

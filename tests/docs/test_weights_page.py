"""Every component that sees rows says what weights of rows mean to it."""

from __future__ import annotations

import pytest

from automl.components import Splitter, Transform
from automl.learning import Learner
from automl.plugins import Offer, Registry
from automl_tabular.sklearn import transform_from_sklearn

OFFERS = [
    offer
    for offer in Registry.load(third_party=False).offers()
    if offer.family in ("components", "learners")
    and issubclass(offer.record.load_to_describe(), Transform | Splitter | Learner)
]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.record.id)
def test_it_is_said_wherever_rows_are_learned_from(offer: Offer) -> None:
    component = offer.record.load_to_describe()
    assert bool(component.weights) != bool(getattr(component, "stateless", False))


def test_an_adapted_estimator_says_what_its_fit_takes() -> None:
    takes = transform_from_sklearn("sklearn.preprocessing:StandardScaler", "adapted.takes", name="Takes")
    takes_none = transform_from_sklearn("sklearn.preprocessing:MaxAbsScaler", "adapted.none", name="TakesNone")
    assert takes.weights == "given to the estimator's fit"
    assert "takes none" in takes_none.weights

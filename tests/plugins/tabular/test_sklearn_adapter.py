"""Any transformer of scikit-learn as a stage: which can be, that they do as it does, and why others cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import adapted_stages
import numpy as np
import pandas as pd
import pytest
import sklearn_transformers
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn_transformers import PARAMS, maker, rows, stage

from automl.codec import from_bytes, to_bytes
from automl.dataset import Rows
from automl.described import described
from automl.errors import BundleError, PluginError, PredictError, StageError
from automl_tabular.sklearn import transform_from_sklearn

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:sklearn", "ignore::RuntimeWarning:sklearn")

SEED = 7

ADAPTED = """
AdditiveChi2Sampler BernoulliRBM Binarizer CCA ColumnTransformer DictionaryLearning FactorAnalysis FastICA
FeatureAgglomeration FeatureUnion GaussianRandomProjection GenericUnivariateSelect IncrementalPCA Isomap
IterativeImputer KBinsDiscretizer KMeans KNNImputer KNeighborsTransformer KernelPCA LatentDirichletAllocation
LinearDiscriminantAnalysis LocallyLinearEmbedding MaxAbsScaler MinMaxScaler MiniBatchDictionaryLearning
MiniBatchKMeans MissingIndicator NeighborhoodComponentsAnalysis Normalizer Nystroem OneHotEncoder OrdinalEncoder PCA
PLSCanonical PLSRegression PLSSVD PolynomialCountSketch PolynomialFeatures PowerTransformer QuantileTransformer
RBFSampler RFE RFECV RadiusNeighborsTransformer RobustScaler SelectFdr SelectFpr SelectFromModel SelectFwe
SelectKBest SelectPercentile SequentialFeatureSelector SimpleImputer SkewedChi2Sampler SparseCoder
SparseRandomProjection SplineTransformer StackingClassifier StackingRegressor StandardScaler TargetEncoder
TfidfTransformer TruncatedSVD VarianceThreshold VotingClassifier VotingRegressor
""".split()  # noqa: SIM905 - a few lines to read instead of sixty-seven
"""67 work on a numeric table."""

REFUSED = {
    "Birch": r"Birch.root_ is a sklearn.cluster._birch._CFNode, neither a plain value nor an array",
    "BisectingKMeans": r"BisectingKMeans._kmeans_single is a function, which cannot be kept",
    "DictVectorizer": r"takes no table of columns",
    "FeatureHasher": r"takes no table of columns",
    "FunctionTransformer": r"has no get_feature_names_out",
    "HashingVectorizer": r"takes no table of columns",
    "IsotonicRegression": r"takes no table of columns",
    "KernelCenterer": r"KernelCenterer cannot be fitted: ValueError: Kernel matrix must be a square matrix",
    "LabelBinarizer": r"takes no table of columns",
    "LabelEncoder": r"takes no table of columns",
    "MiniBatchNMF": r"transforms a row differently with other rows beside it \(minibatchnmf\d: .*, off by",
    "MiniBatchSparsePCA": r"gave shape \(5,\) for 1 rows and 5 column names, expected \(1, 5\)",
    "MultiLabelBinarizer": r"takes no table of columns",
    "NMF": r"transforms a row differently with other rows beside it \(nmf\d: .*, off by",
    "PatchExtractor": r"takes no table of columns",
    "RandomTreesEmbedding": r"is a sklearn.tree._tree.Tree, .* name it in trusted=\('sklearn.tree._tree.Tree',\)",
    "SparsePCA": r"gave shape \(5,\) for 1 rows and 5 column names, expected \(1, 5\)",
    "TSNE": r"TSNE has no transform",
}


def fit(name: str) -> Any:
    made = stage(name)
    return made(made.Params(**PARAMS.get(name, {})), SEED).fit(rows(name))


def from_state(fitted: Any) -> Any:
    return type(fitted).from_state(from_bytes(to_bytes(fitted.state())))


def dense(values: Any) -> np.ndarray:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values, dtype="float64")


def test_every_transformer_of_scikit_learn_is_adapted_or_refused_with_a_reason() -> None:
    assert sorted([*ADAPTED, *REFUSED]) == sorted(sklearn_transformers.classes())
    assert len(set(ADAPTED)) == 67


@pytest.mark.parametrize("name", ADAPTED)
def test_it_does_as_scikit_learn_does_row_by_row(name: str) -> None:
    given = rows(name)
    estimator = maker(name)().set_params(**PARAMS.get(name, {}))
    if estimator.get_params().get("random_state", "none") is None:
        estimator.set_params(random_state=SEED)
    numbers, target = given.frame.reset_index(drop=True), given.target.to_numpy()  # type: ignore[union-attr]
    if name == "SelectFromModel":
        estimator.set_params(estimator__random_state=SEED)
    expected = dense(estimator.fit(numbers, target).transform(numbers))

    fitted = fit(name)
    found = fitted.apply(given.frame)
    assert_allclose(found.to_numpy(), expected, rtol=1e-12, atol=1e-12)
    assert list(found.columns) == [str(column) for column in estimator.get_feature_names_out()]
    assert found.index.equals(given.frame.index)
    assert set(found.dtypes) <= {np.dtype("float64")}
    shuffled = given.frame.iloc[np.random.default_rng(1).permutation(len(given))[:20]]
    assert_allclose(fitted.apply(shuffled), found.loc[shuffled.index], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_at_fit_with_the_reason(name: str) -> None:
    with pytest.raises(StageError, match=REFUSED[name]):
        fit(name)


def test_what_was_fitted_works_in_a_new_process(tmp_path: Path) -> None:
    here: dict[str, np.ndarray] = {}
    for name in ADAPTED:
        fitted = fit(name)
        (tmp_path / f"{name}.zip").write_bytes(to_bytes(fitted.state()))
        here[name] = fitted.apply(rows().frame).to_numpy()
    subprocess.run([sys.executable, sklearn_transformers.__file__, str(tmp_path)], check=True)
    for name, expected in here.items():
        assert_array_equal(np.load(tmp_path / f"{name}.npy"), expected, err_msg=name)


def test_naming_an_estimator_imports_nothing() -> None:
    code = (
        "import sys, adapted_stages; "
        "assert adapted_stages.QuantileTransformer.summary() == 'QuantileTransformer of scikit-learn.'; "
        "print(sorted({'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    folder = Path(adapted_stages.__file__).parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Parameters


def test_parameters_have_scikit_learns_ranges_and_meanings() -> None:
    table = {row.name: row for row in described(adapted_stages.QuantileTransformer.Params)}
    assert list(table) == ["n_quantiles", "output_distribution", "ignore_implicit_zeros", "subsample"]
    assert (table["n_quantiles"].type, table["n_quantiles"].range) == ("whole number", ">= 1")
    assert table["n_quantiles"].meaning == "Number of quantiles to be computed."
    assert table["output_distribution"].type == "normal, uniform"
    assert (table["subsample"].type, table["subsample"].default) == ("whole number or null", "10000")
    bins = {row.name: row for row in described(adapted_stages.KBinsDiscretizer.Params)}
    assert bins["n_bins"].tuned == "{int: [2, 10]}"


@pytest.mark.parametrize("name", sklearn_transformers.classes())
def test_every_parameter_is_described(name: str) -> None:
    assert all(row.meaning and row.type for row in described(stage(name).Params))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_quantiles": 0},
        {"output_distribution": "gaussian"},
        {"random_state": 1},
        {"n_quantiles": True},
        {"n_jobs": 2},
    ],
)
def test_illegal_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        adapted_stages.QuantileTransformer.Params(**wrong)


def test_a_union_keeps_whole_numbers_shares_and_words_apart() -> None:
    kinds = [type(adapted_stages.PCA.Params(n_components=value).n_components) for value in (2, 0.5, "mle", None)]
    assert kinds == [int, float, str, type(None)]


def test_a_stranger_that_declares_no_ranges_has_the_types_of_its_defaults() -> None:
    params = transform_from_sklearn(Undeclared, "x.undeclared").Params
    assert {row.name: row.type for row in described(params)} == {
        "factor": "number",
        "label": "true or false or whole number or number or text or null",
    }
    assert params().factor == 2.0


def test_a_tuning_range_for_no_parameter_is_refused() -> None:
    made = transform_from_sklearn("sklearn.decomposition:PCA", "x.pca", tune={"n_component": [1, 2]})
    with pytest.raises(
        PluginError, match=r"x\.pca: tune names 'n_component', which is no parameter; did you mean 'n_c"
    ):
        made.Params  # noqa: B018 - found on first use


# Fitting


def test_the_seed_is_injected_also_into_estimators_inside() -> None:
    def inside() -> Any:
        from sklearn.decomposition import PCA
        from sklearn.pipeline import FeatureUnion

        return FeatureUnion([("pca", PCA(2, svd_solver="randomized", iterated_power=0))])

    made = transform_from_sklearn(inside, "x.inside", name="Inside")
    assert made.stochastic
    assert not adapted_stages.RobustScaler.stochastic
    wide = Rows(pd.DataFrame(np.random.default_rng(3).normal(size=(50, 40))).rename(columns=str), None, None, {})
    first, again, other = (made(seed=seed).fit(wide).apply(wide.frame) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_weights_enter_where_the_estimator_takes_them() -> None:
    given = rows()
    weight = pd.Series(np.r_[np.ones(30), np.zeros(30)], index=given.frame.index)
    scaler = transform_from_sklearn("sklearn.preprocessing:StandardScaler", "x.standard")()
    weighted = scaler.fit(Rows(given.frame, None, weight, given.kinds)).apply(given.frame)
    assert_allclose(weighted.iloc[:30].mean(), 0.0, atol=1e-12)
    assert abs(weighted.mean()).min() > 1e-3


def test_cross_fitting_shows_no_row_its_own_target() -> None:
    """Random levels and a random target: fitted in sample they correlate; cross-fitted they must not."""
    rng = np.random.default_rng(5)
    index = pd.RangeIndex(400)
    frame = pd.DataFrame({"level": pd.Series(rng.integers(0, 200, 400).astype(str), dtype="str")}, index=index)
    target = pd.Series(rng.normal(size=400), index=index)
    given = Rows(frame, target, None, {"level": "categorical"})
    fitted, shown = adapted_stages.TargetEncoder(seed=3).fit_apply(given)
    in_sample = fitted.apply(frame)["level"]
    assert np.corrcoef(in_sample, target)[0, 1] > 0.5
    assert np.corrcoef(shown["level"], target)[0, 1] < 0.1
    assert adapted_stages.TargetEncoder(seed=3).fit_apply(given)[1].equals(shown)
    assert not adapted_stages.TargetEncoder(seed=4).fit_apply(given)[1].equals(shown)


def test_text_columns_missing_cells_and_booleans() -> None:
    frame = pd.DataFrame(
        {
            "city": pd.Series(["a", "b", None, "a"], dtype="str"),
            "flag": pd.Series([True, None, False, True], dtype="boolean"),
        }
    )
    made = transform_from_sklearn(
        "sklearn.preprocessing:OneHotEncoder", "x.one_hot", accepts=["categorical", "boolean"]
    )
    fitted = made(made.Params(handle_unknown="ignore")).fit(
        Rows(frame, None, None, {"city": "categorical", "flag": "boolean"})
    )
    found = from_state(fitted).apply(frame)
    assert list(found) == ["city_a", "city_b", "city_nan", "flag_0.0", "flag_1.0", "flag_nan"]
    assert found["city_nan"].tolist() == [0, 0, 1, 0]
    assert found["flag_1.0"].tolist() == [1, 0, 0, 1]


def test_rows_that_scikit_learn_refuses_are_a_prediction_error() -> None:
    fitted = fit("PCA")
    with pytest.raises(PredictError, match="PCA cannot transform these rows: Input X contains NaN"):
        fitted.apply(rows().frame.assign(b=np.nan))
    with pytest.raises(PredictError, match="PCA: column 'b' is missing"):
        fitted.apply(rows().frame.drop(columns="b"))


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        (
            "TargetEncoder",
            Rows(rows().frame, None, None, {}),
            "TargetEncoder learns from the target, but there is none",
        ),
        ("PCA", Rows(rows().frame.iloc[:0], None, None, {}), "PCA learns from rows, but there is no training row"),
        ("PCA", Rows(rows().frame.assign(a=np.nan), None, None, {}), "PCA cannot be fitted: ValueError: .*NaN"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_refused(name: str, given: Rows, reason: str) -> None:
    with pytest.raises(StageError, match=reason):
        stage(name)().fit(given)


# What it was made of


class Undeclared(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Without docstring sections or declared constraints."""

    def __init__(self, factor: float = 2.0, label: str | None = None) -> None:
        self.factor, self.label = factor, label

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803 - scikit-learn's name
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.asarray(X) * self.factor


class Whispering(Undeclared):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.asarray(X) - np.asarray(X).mean()


class Doubling(Undeclared):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.repeat(np.asarray(X), 2, axis=0)


class Spelling(Undeclared):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.full(np.shape(X), "x", dtype=object)


class Listing(Undeclared):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.asarray(X).tolist()


class Twins(Undeclared):
    def get_feature_names_out(self, names: Any = None) -> Any:
        return np.array(["same"] * self.n_features_in_, dtype=object)


class Forgetful(Undeclared):
    """Remembers outside of itself."""

    memory: dict[int, float] = {}

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        self.memory[id(self)] = 3.0
        return super().fit(X)

    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.asarray(X) * self.memory.get(id(self), 1.0)


class Looping(Undeclared):
    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        self.loop_ = [self]
        return super().fit(X)


class Recording(Undeclared):
    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        self.records_ = np.zeros(3, dtype=[("a", "f8")])
        return super().fit(X)


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (Whispering, "Whispering transforms a row differently with other rows beside it"),
        (Doubling, r"Doubling gave shape \(120, 5\) for 60 rows and 5 column names"),
        (Spelling, r"Spelling gives something else than numbers \(object\)"),
        (Listing, "Listing gave a list, expected an array of numbers"),
        (Twins, "Twins gives two columns the same name"),
        (Forgetful, "Forgetful transforms differently once it was stored and loaded"),
        (Looping, r"Looping.loop_\[0\] refers back to itself"),
        (Recording, "Recording.records_ is an array of records"),
    ],
)
def test_what_breaks_a_promise_is_refused_at_fit(estimator: type, reason: str) -> None:
    with pytest.raises(StageError, match=reason):
        transform_from_sklearn(estimator, "x.broken")().fit(rows())


def test_a_function_may_make_the_estimator_and_its_functions_are_looked_up_there() -> None:
    def make() -> Any:
        from sklearn.preprocessing import FunctionTransformer

        return FunctionTransformer(np.log1p, feature_names_out="one-to-one")

    fitted = transform_from_sklearn(make, "x.log", name="Log")().fit(rows())
    assert_array_equal(from_state(fitted).apply(rows().frame), np.log1p(rows().frame))


def test_types_that_the_author_lists_are_kept_by_skops() -> None:
    made = transform_from_sklearn(
        "sklearn.ensemble:RandomTreesEmbedding", "x.trees", trusted=["sklearn.tree._tree.Tree"]
    )
    fitted = made(made.Params(n_estimators=3, max_depth=2), SEED).fit(rows())
    assert from_state(fitted).apply(rows().frame).to_numpy().sum() == 3 * len(rows())
    distrustful = transform_from_sklearn("sklearn.ensemble:RandomTreesEmbedding", "x.distrustful")
    state = distrustful.fitted.from_state(from_bytes(to_bytes(fitted.state())))
    with pytest.raises(BundleError, match="holds what its stage does not trust"):
        state.apply(rows().frame)


def test_a_model_file_cannot_name_foreign_code() -> None:
    fitted = fit("PCA")
    unknown = "sklearn.tests.test_base:MyEstimator"  # importing it would run a test file
    for path in ("os:system", "sklearn.utils:all_estimators", "sklearn.base:NoSuch", "subprocess:Popen", unknown):
        crafted = type(fitted)(fitted.columns, fitted.names, {**fitted.estimator, "class": path})
        with pytest.raises(BundleError, match=f"the model names {path}; expected an estimator of sklearn"):
            crafted.apply(rows().frame)
    assert "sklearn.tests.test_base" not in sys.modules


def test_a_model_file_cannot_replace_what_an_estimator_is() -> None:
    fitted = fit("PCA")
    attributes = {**fitted.estimator["attributes"], "__class__": "os:system"}
    crafted = type(fitted)(fitted.columns, fitted.names, {**fitted.estimator, "attributes": attributes})
    with pytest.raises(BundleError, match="gives PCA attributes that are no estimator's own"):
        crafted.apply(rows().frame)


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        ("sklearn.nothing:Here", r"x\.wrong: cannot make sklearn\.nothing:Here: ModuleNotFoundError"),
        ("sklearn.feature_selection:RFE", "missing 1 required positional argument: 'estimator'; mend: .*a function"),
        ("collections:OrderedDict", "x.wrong: expected a scikit-learn estimator, found OrderedDict"),
    ],
)
def test_what_cannot_be_made_says_so_on_first_use(estimator: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        transform_from_sklearn(estimator, "x.wrong").Params  # noqa: B018


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(PluginError, match=r"x\.nameless: '<lambda>' is no name for a class; mend: name="):
        transform_from_sklearn(lambda: None, "x.nameless")  # type: ignore[arg-type, return-value]

"""A fitted estimator as a document of plain values and arrays, and back without running ``fit``.

An estimator is its class and its attributes, estimators inside it likewise. Every other object becomes a mapping with
a ``kind``. What a model file says is never trusted to name code: classes come from scikit-learn or the package of the
adapted estimator, and functions are looked up in the prototype, the estimator as its maker gives it.
"""

from __future__ import annotations

import importlib
import inspect
import io
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.errors import BundleError, StageError
from automl_tabular.sklearn.upgrades import bring_up_to_date

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_KIND = "kind"
_REBUILT = ("_tree",)
"""Search trees of neighbours: built again from the training points, for their arrays are read without bounds checks."""


def encode(estimator: BaseEstimator, prototype: BaseEstimator, trusted: Sequence[str] = ()) -> dict[str, Any]:
    """The document of a fitted estimator; raises StageError naming the attribute that cannot be kept."""
    document: dict[str, Any] = _Encoder(prototype, trusted).value(estimator, type(estimator).__name__)
    return document


def decode(document: Mapping[str, Any], prototype: BaseEstimator, trusted: Sequence[str] = ()) -> BaseEstimator:
    """The estimator of a document; raises BundleError if it names code that it must not name, or is none of ours."""
    try:
        return _Decoder(prototype, trusted).value(document)
    except BundleError:
        raise
    except Exception as error:  # numpy, scipy and skops raise of all kinds at values that are not ours
        raise BundleError(
            f"the estimator in the model file is damaged or was changed ({type(error).__name__}: {error})"
        ) from error


class _Encoder:
    def __init__(self, prototype: BaseEstimator, trusted: Sequence[str]) -> None:
        self._given = {name: value for name, value in prototype.get_params(deep=True).items() if value is not None}
        self._packages = _packages(prototype)
        self._trusted = trusted
        self._open: set[int] = set()

    def value(self, value: Any, at: str) -> Any:
        if value is None or isinstance(value, bool | str) or type(value) in (int, float):
            return value
        if id(value) in self._open:
            raise StageError(f"{at} refers back to itself and cannot be kept as plain values")
        self._open.add(id(value))
        try:
            return self._object(value, at)
        finally:
            self._open.discard(id(value))

    def _object(self, value: Any, at: str) -> Any:
        import scipy.sparse
        from sklearn.base import BaseEstimator

        if isinstance(value, np.ndarray):
            return self._array(value, at)
        if isinstance(value, np.generic):
            return {_KIND: "scalar", "value": np.asarray(value)}
        if type(value) in (list, tuple, set):
            return {_KIND: type(value).__name__, "items": self._items(value, at)}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return self._named_tuple(value, at)
        if isinstance(value, dict):
            kept = {"keys": self._items(value, at), "values": self._items(value.values(), at)}
            return {_KIND: "dict", **kept}
        if isinstance(value, slice):
            return {_KIND: "slice", "items": [value.start, value.stop, value.step]}
        if isinstance(value, np.dtype) and value.kind in "biuf":
            return {_KIND: "dtype", "name": value.name}
        if isinstance(value, np.random.RandomState):
            name, *rest = value.get_state(legacy=True)
            return {_KIND: "random_state", "items": [name, *rest]}
        if scipy.sparse.issparse(value):
            return self._sparse(value)
        if isinstance(value, BaseEstimator):
            return self._estimator(value, at)
        return self._other(value, at)

    def _items(self, values: Iterable[Any], at: str) -> list[Any]:
        return [self.value(item, f"{at}[{place}]") for place, item in enumerate(values)]

    def _array(self, value: np.ndarray, at: str) -> np.ndarray | dict[str, Any]:
        if value.dtype.kind == "O":
            return {_KIND: "objects", "shape": list(value.shape), "items": self._items(value.ravel(), at)}
        if value.dtype.names:
            raise StageError(f"{at} is an array of records, which cannot be kept as plain values")
        return value

    def _sparse(self, value: Any) -> dict[str, Any]:
        rows = value.tocsr()
        return {
            _KIND: "sparse",
            "values": rows.data,
            "indices": rows.indices,
            "indptr": rows.indptr,
            "shape": list(rows.shape),
            "format": value.format,
        }

    def _named_tuple(self, value: tuple[Any, ...], at: str) -> dict[str, Any]:
        """As those of IterativeImputer, which holds an estimator for each column."""
        kind = type(value)
        if kind.__module__.split(".")[0] not in self._packages:
            raise StageError(
                f"{at} is a {kind.__module__}:{kind.__qualname__}; expected one of {_either(self._packages)}"
            )
        return {
            _KIND: "named_tuple",
            "class": f"{kind.__module__}:{kind.__qualname__}",
            "items": self._items(value, at),
        }

    def _estimator(self, value: BaseEstimator, at: str) -> dict[str, Any]:
        kind = type(value)
        path = f"{kind.__module__}:{kind.__qualname__}"
        if kind.__module__.split(".")[0] not in self._packages:
            raise StageError(f"{at} is a {path}; expected an estimator of {_either(self._packages)}")
        rebuilt = _rebuilt(value)
        kept = {name: item for name, item in vars(value).items() if name not in rebuilt}
        return {
            _KIND: "estimator",
            "class": path,
            "attributes": {name: self._attribute(kind, name, item, f"{at}.{name}") for name, item in kept.items()},
            "rebuilt": {name: type(item).__name__ for name, item in rebuilt.items()},
        }

    def _attribute(self, kind: type, name: str, value: Any, at: str) -> Any:
        """An attribute; one that is the constructor's own default needs no more than to be called so."""
        default = inspect.signature(kind).parameters.get(name)
        if default is not None and default.default is value and (callable(value) or isinstance(value, type)):
            return {_KIND: "default", "class": f"{kind.__module__}:{kind.__qualname__}", "name": name}
        return self.value(value, at)

    def _other(self, value: Any, at: str) -> dict[str, Any]:
        import scipy.interpolate

        if isinstance(value, scipy.interpolate.BSpline):
            parts = [value.t, value.c, value.k, value.extrapolate, value.axis]
            return {_KIND: "spline", "items": self._items(parts, at)}
        for name, given in self._given.items():
            if given is value:
                return {_KIND: "given", "name": name}
        if inspect.isroutine(value):
            raise StageError(f"{at} is a function, which cannot be kept; those that the constructor was given can")
        kind = type(value)
        path = f"{kind.__module__}.{kind.__qualname__}"
        if path not in self._trusted:
            raise StageError(
                f"{at} is a {path}, neither a plain value nor an array nor an estimator, so it cannot be kept without "
                f"pickle; mend: review what loading that type may do, then name it in trusted=({path!r},)"
            )
        from skops.io import dumps

        return {_KIND: "skops", "bytes": np.frombuffer(dumps(value), dtype=np.uint8)}


class _Decoder:
    def __init__(self, prototype: BaseEstimator, trusted: Sequence[str]) -> None:
        self._given = prototype.get_params(deep=True)
        self._packages = _packages(prototype)
        self._trusted = list(trusted)
        self._kinds: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "objects": self._objects,
            "scalar": lambda d: d["value"][()],
            "list": lambda d: self._items(d["items"]),
            "tuple": lambda d: tuple(self._items(d["items"])),
            "set": lambda d: set(self._items(d["items"])),
            "dict": lambda d: dict(zip(self._items(d["keys"]), self._items(d["values"]), strict=True)),
            "slice": lambda d: slice(*d["items"]),
            "dtype": lambda d: np.dtype(d["name"]),
            "random_state": self._random_state,
            "sparse": self._sparse,
            "spline": self._spline,
            "estimator": self._estimator,
            "named_tuple": self._named_tuple,
            "default": lambda d: inspect.signature(self._class(d["class"])).parameters[d["name"]].default,
            "given": lambda d: self._given[d["name"]],
            "skops": self._skops,
        }

    def value(self, document: Any) -> Any:
        return self._kinds[document[_KIND]](document) if isinstance(document, Mapping) else document

    def _items(self, documents: Iterable[Any]) -> list[Any]:
        return [self.value(document) for document in documents]

    def _objects(self, document: Mapping[str, Any]) -> np.ndarray:
        out = np.empty(len(document["items"]), dtype=object)
        for place, item in enumerate(document["items"]):
            out[place] = self.value(item)
        return out.reshape(document["shape"])

    def _random_state(self, document: Mapping[str, Any]) -> np.random.RandomState:
        made = np.random.RandomState()
        made.set_state(tuple(self._items(document["items"])))
        return made

    def _sparse(self, document: Mapping[str, Any]) -> Any:
        import scipy.sparse

        parts = (document["values"], document["indices"], document["indptr"])
        made = scipy.sparse.csr_matrix(parts, shape=tuple(document["shape"]))
        made.check_format(full_check=True)
        return made.asformat(document["format"])

    def _spline(self, document: Mapping[str, Any]) -> Any:
        from scipy.interpolate import BSpline

        t, c, k, extrapolate, axis = self._items(document["items"])
        return BSpline(t, c, k, extrapolate, axis)

    def _estimator(self, document: Mapping[str, Any]) -> BaseEstimator:
        kind = self._class(document["class"])
        if any(name.startswith("__") for name in document["attributes"]):
            raise BundleError(f"the model gives {kind.__name__} attributes that are no estimator's own")
        made: BaseEstimator = kind.__new__(kind)
        vars(made).update({name: self.value(item) for name, item in document["attributes"].items()})
        for name, tree in document["rebuilt"].items():
            setattr(made, name, _search_tree(made, tree))
        bring_up_to_date(made)
        return made

    def _named_tuple(self, document: Mapping[str, Any]) -> tuple[Any, ...]:
        kind = self._named(document["class"])
        if not (inspect.isclass(kind) and issubclass(kind, tuple) and hasattr(kind, "_fields")):
            raise BundleError(
                f"the model names {document['class']}; expected a named tuple of {_either(self._packages)}"
            )
        made: tuple[Any, ...] = kind(*self._items(document["items"]))
        return made

    def _named(self, path: str) -> Any:
        """What has this name in one of the packages; None for any other."""
        module, _, name = path.partition(":")
        return getattr(_module(module, self._packages), name, None)

    def _class(self, path: str) -> Any:
        from sklearn.base import BaseEstimator

        found = self._named(path)
        if not (inspect.isclass(found) and issubclass(found, BaseEstimator)):
            raise BundleError(f"the model names {path}; expected an estimator of {_either(self._packages)}")
        return found

    def _skops(self, document: Mapping[str, Any]) -> Any:
        from skops.io import loads
        from skops.io.exceptions import UntrustedTypesFoundException

        data = document["bytes"].tobytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(member.file_size != member.compress_size for member in archive.infolist()):
                raise BundleError("the model holds a compressed part, and none of ours is")
        try:
            return loads(data, trusted=self._trusted)
        except UntrustedTypesFoundException as error:
            raise BundleError(f"the model holds what its stage does not trust: {error}") from error


def _module(path: str, packages: Sequence[str]) -> Any:
    """A module of these packages: one that is loaded, or is once the public part of scikit-learn is that it lies in.

    The path comes from a model file, and nothing is imported by it alone: a test or a script of a package would run.
    """
    package, *rest = path.split(".")
    if package not in packages:
        return None
    if path not in sys.modules and package == "sklearn" and rest and rest[0] in sys.modules[package].__all__:
        importlib.import_module(f"{package}.{rest[0]}")
    return sys.modules.get(path)


def _packages(prototype: BaseEstimator) -> tuple[str, ...]:
    return tuple(dict.fromkeys(["sklearn", type(prototype).__module__.split(".")[0]]))


def _either(packages: Sequence[str]) -> str:
    return " or ".join(packages)


def _rebuilt(estimator: BaseEstimator) -> dict[str, Any]:
    """The search trees of an estimator that holds its training points and metric beside them."""
    from sklearn.neighbors import BallTree, KDTree

    found = {name: vars(estimator).get(name) for name in _REBUILT if hasattr(estimator, "effective_metric_params_")}
    return {name: tree for name, tree in found.items() if isinstance(tree, BallTree | KDTree)}


def _search_tree(estimator: Any, kind: str) -> Any:
    from sklearn.neighbors import BallTree, KDTree

    tree = {"KDTree": KDTree, "BallTree": BallTree}[kind]
    return tree(
        estimator._fit_X,
        estimator.leaf_size,
        metric=estimator.effective_metric_,
        **estimator.effective_metric_params_,
    )

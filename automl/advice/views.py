"""What rules and components are shown: the table as it was read, and what of it reaches each stage."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.columns import ALL_FOLDS
from automl.components import Component, Splitter, Transform
from automl.pipeline_file.reach import Reach

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl.dataset import Dataset
    from automl.input_schema import InputSchema
    from automl.learning import Task, TaskKind
    from automl.pipeline_file.declaration import Declaration, StageDeclaration
    from automl.plugins import Registry


@dataclass(frozen=True)
class StageView:
    """One stage, and the rows and columns that reach it as they were read. Nothing that is shown may be changed.

    Attributes:
        declaration: the stage as the file declares it.
        variants: each component that it may be, with parameters that it may have: one, unless something is tuned.
        reach: the feature columns that reach it.
        given: those that a transform is given; ``given.as_read`` surely and unchanged.
        data: the table at the split, or before it, with ``part`` where the split is known.
        inputs: the stages above it, without ``data``.
    """

    declaration: StageDeclaration
    variants: Sequence[tuple[type[Component], Any]]
    reach: Reach
    given: Reach
    data: Dataset
    inputs: Sequence[StageView]

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def component(self) -> type[Component]:
        """The component, the first of those that it may be."""
        return self.variants[0][0]

    @functools.cached_property
    def above(self) -> list[StageView]:
        """All stages above it, nearest first, each once."""
        found: dict[str, StageView] = {}
        for stage in self.inputs:
            found |= {stage.name: stage} | {other.name: other for other in stage.above}
        return list(found.values())

    @functools.cached_property
    def learned_from(self) -> np.ndarray:
        """Mask over ``data``, bool [rows]: the rows that the stage's ``fit`` sees, in some fold or in all of them."""
        import numpy as np

        return np.ones(len(self.data.frame), dtype=bool) if self.data.part is None else self.data.part >= 0

    def training(self, name: str) -> pd.Series:
        """The training rows of a column that reaches the stage as it was read (or of the target)."""
        column: pd.Series = self.data.frame[name][self.learned_from]
        return column

    @property
    def target(self) -> str | None:
        """The target's name, while no stage above changed the target or left rows out; else None."""
        parts = [part for stage in self.above for part, _ in stage.variants if issubclass(part, Transform)]
        if any(part.on_target or part.drops_rows for part in parts):
            return None
        return self.data.named("target")[0]


@dataclass(frozen=True)
class TableView:
    """A pipeline and its table. Nothing that is shown may be changed.

    Attributes:
        declaration: the pipeline.
        registry: the plugins.
        data: all rows with a target, as they were read; ``data.kinds`` and the roles are the input schema's.
        schema: what the table's columns are.
        dropped: how many rows had no target.
        stages: every stage that could be looked at, inputs before their users.
        remarks: what reading noted, by the name of the rule that tells of it (see `automl.input_schema.odd_cells` and
            `automl.plan.remarks`).
    """

    declaration: Declaration
    registry: Registry
    data: Dataset
    schema: InputSchema
    dropped: int
    stages: Mapping[str, StageView]
    remarks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the table, those without a target included."""
        return self.dropped + len(self.data.frame)

    @property
    def task(self) -> TaskKind:
        """What kind of task the target makes."""
        return self.schema.task

    def task_of(self, stage: StageView) -> Task:
        """The task as a stage below a split meets it: its classes are those of training and validation rows.

        Raises DataError where these rows hold one class only.
        """
        from automl.plan.stages import make_task

        return make_task(self.schema, stage.data.under(ALL_FOLDS), self.declaration.data.positive)

    @functools.cached_property
    def target(self) -> pd.Series:
        """The target: float64 for a regression, str else; no value is missing."""
        column: pd.Series = self.data.frame[self.data.named("target")[0]]
        return column

    @functools.cached_property
    def target_codes(self) -> np.ndarray:
        """The target's values as int64 codes from 0, [rows with a target]."""
        import numpy as np
        import pandas as pd

        return pd.factorize(self.target)[0].astype(np.int64)

    @functools.cached_property
    def odds_of_another_target(self) -> float:
        """The chance that two rows, doubles counted once, differ in the target: Gini's index, 0 to 1."""
        import numpy as np

        counts = np.bincount(self.target_codes[~self.duplicated])
        return 1.0 - float(((counts / counts.sum()) ** 2).sum())

    @functools.cached_property
    def features(self) -> list[str]:
        """Names of the feature columns."""
        return self.data.named("feature")

    @property
    def splits(self) -> list[StageView]:
        """The split stages whose partition is known: ``view.data.part``."""
        return [
            stage
            for stage in self.stages.values()
            if issubclass(stage.component, Splitter) and stage.data.part is not None
        ]

    def searches(self) -> list[StageView]:
        """The stages that read rows and leave a model."""
        return [stage for stage in self.stages.values() if getattr(stage.component, "consumes", None) == "open"]

    @functools.cached_property
    def duplicated(self) -> np.ndarray:
        """bool [rows]: the row equals an earlier one in every feature and the target."""
        found: np.ndarray = self.row_hashes.duplicated().to_numpy()
        return found

    @functools.cached_property
    def row_hashes(self) -> pd.Series:
        """uint64 [rows]: equal for rows that are equal in every feature and the target."""
        import pandas as pd

        names = [*self.features, str(self.target.name)]
        hashed: pd.Series = pd.util.hash_pandas_object(self.data.frame[names], index=False)
        return hashed

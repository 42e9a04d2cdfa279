"""Which mends are typed: by file and text, each with the situation that prints it and types it."""

from __future__ import annotations

from typing import Final

TYPED: Final[dict[str, dict[str, str]]] = {
    "automl/advice/cells.py": {
        "leave them out: ...": "rows: an empty column",
    },
    "automl/advice/columns.py": {
        "correct those rows, or remove roles.weight": "rows: weights that are negative",
        "remove it from 'columns'...": "rows: a column of another kind",
    },
    "automl/advice/scores.py": {
        "stages: {...: {with: {valid: 0.2}}}, or folds (use: split.kfold)": "rows: no validation part",
        "a larger test part": "rows: a gate without a score",
    },
    "automl/cli/outputs.py": {
        "-o ...": "call: a folder",
        "mkdir -p ..., or write elsewhere": "call: no folder",
    },
    "automl/cli/predictions_file.py": {
        "-o ...": "call: a name of predictions",
    },
    "automl/cli/start_commands.py": {
        "-o OTHER.yaml, or --force to overwrite it": "call: an output that is there",
    },
    "automl/codec.py": {
        "if you trust who made it, allow more: --most-bytes ... (most_bytes in Python)": "runs: a large model",
    },
    "automl/frames.py": {
        "convert it, or leave it out: frame.drop(columns=...)": "runs: values that no table has",
        "leave the index out, frame.reset_index(level=..., drop=True), or rename it, "
        "frame.rename_axis(index={...: 'other'})": "runs: an index that is a column",
    },
    "automl/input_schema/columns.py": {
        "say how these rows write numbers, ... or ...; or": "runs: numbers to predict from",
        "...correct the cell, leave it empty, or train again with the text under data.missing, or "
        "another kind under data.kinds": "runs: numbers to predict from",
    },
    "automl/input_schema/infer.py": {
        "data: {task: multiclass}": "rows: a class more than two",
        "data: {task: regression} if they are amounts,": "rows: few numbers as a target",
    },
    "automl/input_schema/kinds.py": {
        "..., or, if these are no numbers, data: {kinds: {...: categorical}}": (
            "rows: numbers with another decimal sign"
        ),
    },
    "automl/input_schema/labels.py": {
        "train again": "runs: numbers to predict from",
    },
    "automl/model_files.py": {
        "name a run instead, see: automl runs list": "call: a model that is not there",
    },
    "automl/pipeline.py": {
        "frame.to_parquet('rows.parquet'), and data='rows.parquet'": "runs: a frame in a file",
    },
    "automl/pipeline_file/advice.py": {
        "remove the name (a warning's last line says by which it is silenced)": "file: a name of advice",
    },
    "automl/pipeline_file/choices.py": {
        "use: ...": "file: a choice that is no transform",
        "use: ..., and a pipeline for each other": "file: a choice of a split",
        "put them under the id of the component that they are for": (
            "file: parameters of a component that is not chosen"
        ),
        "use: ..., and a stage of its own for ...": "file: a choice of a feature or the target",
    },
    "automl/pipeline_file/flow.py": {
        "write one value here, or put the stage below the split: ...": "file: tuned above a split",
        "let one of them read from an earlier stage or from 'data'": "file: a cycle",
        "in: ...": "file: above the split",
        "put a split stage above it: {use: split.random, in: data}": "file: learned above any split",
        "write one value here, or give each search a stage of its own": "file: tuned for two searches",
        "write one value here, or let a search read from this stage": "file: tuned for no search",
    },
    "automl/pipeline_file/interpolation.py": {
        "set it, or give a default: ${env:...:-value}": "file: an unset variable",
    },
    "automl/pipeline_file/names.py": {
        "remove it from 'columns'": "file: a target among the columns",
    },
    "automl/pipeline_file/parsing.py": {
        "remove the tag; text that looks like a number goes in quotes": "file: a tag",
        "use extends: or profiles:, or write the keys out": "file: a merge key",
        "keep one document in a file: remove '---'": "file: a second document",
        "put it in quotes: '...'": "file: a key that is a number",
        "remove one of them": "file: a key twice",
    },
    "automl/pipeline_file/parts.py": {
        "write the value itself, without tune": "file: a tuned executor",
    },
    "automl/pipeline_file/secrets.py": {
        "put it into an environment variable, and write ${env:NAME} here": "file: a password in the file",
        "put the whole URL into an environment variable, and write ${env:NAME} here": "file: a password in a URL",
    },
    "automl/pipeline_file/stages.py": {
        "add 'use', or ...": "file: a stage of a profile that is misspelt",
        "remove 'columns'": "file: columns of a split",
        "move 'gate' there": "file: a gate of a transform",
    },
    "automl/pipeline_file/table.py": {
        "name the reader: use: read.csv": "file: a file of no reader",
        "give path: FILE, or use: READER": "file: no table",
        "make one pipeline for each target": "file: targets of two kinds",
        "remove 'positive'": "file: a positive class of numbers",
        "remove 'path', or 'use'": "file: a reader without a path",
        "remove one of them": "file: two paths",
        "remove it from one of the two": "file: two roles",
    },
    "automl/pipeline_file/tasks.py": {
        "remove the stage ...": "file: a transform of a target of classes",
    },
    "automl/pipeline_file/tuning.py": {
        "write the value itself, without tune": "file: a tuned executor",
        "write tune at each parameter: {strategy: {tune: [...]}}": "file: all parameters tuned",
        "write the range: {tune: [...]} or {tune: {float: [low, high]}}": "file: no range",
    },
    "automl/pipeline_file/validation.py": {
        "remove it": "file: an odd key",
        "put it in quotes: '...'": "file: a text that looks like a number",
    },
    "automl/plan/execute.py": {
        "remove 'positive', or say `task: binary`": "rows: a positive class of amounts",
    },
    "automl/plan/stages.py": {
        "use: split.stratified for the split, or more rows of other classes": "rows: one class to learn from",
        "stages: {...: {with: {test: 0.2}}}": "runs: no test rows",
    },
    "automl/plugins.py": {
        "leave --no-plugins out, or install a plugin that offers one": "call: no reader for a pipeline",
    },
    "automl/predictor.py": {
        "if you trust who made it, allow more: --most-bytes ... (most_bytes in Python)": "runs: a large model",
    },
    "automl/scaffold/__init__.py": {
        "automl plugins new ...": "call: a plugin's name",
        "--dir ANOTHER_FOLDER, or another name": "call: a plugin's folder",
    },
    "automl/search/warm_start.py": {
        "remove 'warm_start', or name a run that agrees": "runs: other data to learn from",
    },
    "automl/secret.py": {
        "put the whole URL into an environment variable, and write ${env:NAME} here": "file: a password in a URL",
    },
    "automl/selection.py": {
        "--to ..., or a stage above": "call: a stage that the search binds",
        "turn them round": "call: a part upside down",
        "run once without --from, or use --force": "call: a part that is not there yet",
    },
    "automl/start.py": {
        "leave --no-plugins out": "call: no reader",
        "leave --no-plugins out, or install a plugin that offers one": "call: no preset for a time",
        "leave --positive out, or --task binary": "call: a positive class of numbers",
    },
    "automl/table_profile.py": {
        "name it once, as --target, --id or --ignore": "call: few numbers as a target of init",
        "--task multiclass": "call: a task",
        "--task ...": "call: a task of numbers for levels",
    },
    "plugins/automl_keras/advice.py": {
        "scale.standard with columns: numeric, last before the search": "rows: unscaled numbers",
        "optimizer: {adamw: {weight_decay: ...}} without l2, or sgd with l2": "rows: l2 with Adam",
        "weight_decay of adamw without l2, or sgd with l2": "rows: l2 with AdamW",
        "scale.standard above selu, without batch_norm, l1 and l2; or elu or swish with them": (
            "rows: selu beside batch_norm"
        ),
        "optimizer: adam (or rmsprop, or sgd with momentum); or adagrad with depth: [1, 2]": (
            "rows: adagrad on a deep network"
        ),
        "initializer: auto": "rows: an initializer for another activation",
        "space: {loss: [mse, mae, huber]}, or target.log where the target is an amount": "rows: heavy tails",
        "loss: auto": "rows: a loss for another task",
    },
    "plugins/automl_mlflow/location.py": {
        "a database in a file, ......": "file: a folder of MLflow",
    },
    "plugins/automl_tabular/advice.py": {
        "impute.simple with columns: ..., first after the split": "rows: gaps reach the network",
    },
    "plugins/automl_tabular/encode.py": {
        "with: {max_categories: ...} gathers the rare ones; use: encode.ordinal makes one column": (
            "rows: a level a row"
        ),
    },
    "plugins/automl_tabular/impute.py": {
        "columns: ..., with a stage of its own for other kinds": "runs: a value to fill with",
    },
    "plugins/automl_tabular/power.py": {
        "shift: auto, power.yeo_johnson, or leave the column out by `columns:`": "rows: a power of zeros",
    },
    "plugins/automl_tabular/splitters.py": {
        "...other shares, or more rows": "rows: strata of one row each",
        "folds: ..., or more rows": "rows: more folds than rows",
    },
    "plugins/automl_tabular/strata.py": {
        "remove 'by', or name another column": "rows: strata by a date",
        "bins: 4, or data: {kinds: {...: categorical}}": "rows: strata of numbers",
        "remove 'bins'": "rows: bins of levels",
        "bins: 4 for quantile groups, or edges inside the range of the values": "rows: bins without rows",
    },
    "plugins/automl_tuners/optuna_searchers.py": {
        "tuner: optuna.tpe": "test: plugins/tuners/test_unfit_tuners.py",
        "budget: {trials: ...}, or tuner: optuna.tpe": "test: plugins/tuners/test_unfit_tuners.py",
    },
    "plugins/automl_tuners/pruners.py": {
        "min_resource: ..., or more epochs": "test: plugins/tuners/test_unfit_tuners.py",
        "pruner: median, or a split with folds": "test: plugins/tuners/test_unfit_tuners.py",
        "more folds, or pruner: median": "test: plugins/tuners/test_unfit_tuners.py",
    },
    "plugins/automl_tuners/sequences.py": {
        "tuner: random, or optuna.qmc with sequence: halton": "test: plugins/tuners/test_unfit_tuners.py",
        "tuner: {use: grid, with: {...shuffle: true}}, fewer values, or a larger budget": (
            "test: plugins/tuners/test_unfit_tuners.py"
        ),
        "tuner: {use: grid, with: {resolution: 5}}, or a step in the range": "runs: a grid of ranges",
    },
}
"""``...`` stands for what is filled in. The first word says which walk the situation belongs to."""

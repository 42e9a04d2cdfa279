"""What the rows say about a pipeline before it runs: errors that a run would meet, and advice.

Read in this order: `automl.pipeline_file.reach` (which columns reach a stage), `findings` (what is told), `rule` (the
contract of a whole rule), `views` (what rules and components are shown), `examine` (all of it over one table).
Components bring checks of their own, `automl.components.Component.examine`.
"""

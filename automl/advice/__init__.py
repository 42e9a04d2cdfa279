"""What the rows say about a pipeline before it runs: errors that a run would meet, and advice.

Read in this order: `findings` (what is told), `rule` (the contract of a whole rule), `reach` (which columns reach a
stage as they were read), `views` (what rules and components are shown), `examine` (all of it over one table).
Components bring checks of their own, `automl.components.Component.examine`.
"""

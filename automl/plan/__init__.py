"""The plan: ``materialize(node, bindings) -> value``, remembered by recipe.

Read in this order: `graph` (nodes and what they depend on), `histories` (joining branches), `recipe` (what makes two
results the same), `execute` (what happens when a value is not there yet), `materialize` (the plan itself), `subgraph`
(what a search sees).
"""

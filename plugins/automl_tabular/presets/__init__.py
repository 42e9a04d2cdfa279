"""Presets: a pipeline for a table that nobody has looked at yet, with the reasons for it."""

"""The page that lists all advice names each rule and each check of a component."""

from __future__ import annotations

from pathlib import Path

from automl.plugins import Registry

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "advice.md"


def test_every_name_stands_on_the_page_with_its_sentence() -> None:
    registry, text = Registry.load(), PAGE.read_text(encoding="utf-8")
    sentences = {name: registry.get("advice", name).summary() for name in registry.ids("advice")}
    for component in registry.ids("components"):
        advice = registry.get("components", component).advice
        sentences |= {f"{component}.{name}": sentence for name, sentence in advice.items()}
    missing = [name for name, sentence in sentences.items() if f"| `{name}` | {sentence}" not in text]
    assert not missing, "add them to docs/explanation/advice.md"

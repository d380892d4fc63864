"""Certified questions to start with, for the marketing model, from `example_questions.yml` next to this file."""

from __future__ import annotations

from pathlib import Path

from semantic.model.files.yaml_text import read_typed_yaml
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.store.agents.drift import Certified
from semantic.workspace import Workspace

_FILE = Path(__file__).with_suffix(".yml")


def example_questions(workspace: Workspace, actor: Actor) -> list[Certified]:
    """Return the example questions that this person can ask, in the order of the file.

    Empty if the model has none of their names.
    """
    data, _, _ = read_typed_yaml(_FILE.read_text(encoding="utf-8"), _FILE.name)
    examples = [
        Certified(name=each["name"], query=query_from_data(each["question"]), paraphrases=tuple(each["paraphrases"]))
        for each in data
    ]
    return [each for each in examples if workspace.preflight(each.query, actor).ok]

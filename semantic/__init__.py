"""Samepage's governed semantic layer: a question about metrics becomes SQL, and then rows with their origin.

Start with the modules in this folder: `compile` (a question becomes SQL in named steps), `workspace` (combines model,
engine, cache and policy), `errors`, and `__main__` (the commands). Every other module is in a package named after its
subject.
"""

import semantic.analyses.events.named
import semantic.model.checks.analyses
from semantic.compile import compile_query
from semantic.errors import SemanticError
from semantic.model.loading.load import load_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result

__all__ = ["Actor", "Model", "Query", "Result", "SemanticError", "compile_query", "load_model"]

# Checking a model needs the kinds of analyses, which belong to a higher layer.
semantic.model.checks.analyses.read_definitions_with(semantic.analyses.events.named.READER)

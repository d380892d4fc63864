"""Samepage's governed semantic layer: a question about metrics becomes SQL, rows, and where they came from."""

from semantic.compile import compile_query
from semantic.errors import SemanticError
from semantic.model.load import load_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.result import Result

__all__ = ["Actor", "Model", "Query", "Result", "SemanticError", "compile_query", "load_model"]

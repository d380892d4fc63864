"""Definitions as forms. Each field edits one key of an object's text, which the YAML editor also shows."""

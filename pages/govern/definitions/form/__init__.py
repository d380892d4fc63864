"""Definitions as forms: each field edits one key of the object's text, which the YAML editor shows too."""

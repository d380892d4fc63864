"""The glossary: every term that a reader can meet, searchable."""

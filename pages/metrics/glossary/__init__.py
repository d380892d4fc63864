"""The glossary: every term that a reader can come across, with a search."""

"""The glossary as data: the terms of the model and of Samepage itself, and how they're searched. `export` has files."""

"""The Adoption page: who uses Samepage, which metrics and boards they use, and which ones are unused."""

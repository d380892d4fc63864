"""Import other tools' models and export to them, with a list of what couldn't be carried over.

Each tool has its own folder. The modules next to the folders are shared by all tools.
"""

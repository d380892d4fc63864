"""Import and export of other tools' models, with a list of what could not be carried over.

There is one folder for each tool. The modules here are shared by all tools.
"""

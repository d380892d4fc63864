"""Import and export other tools' models, with a list of what could not be carried over.

There is one folder for each tool. The modules in this folder are shared by all tools.
"""

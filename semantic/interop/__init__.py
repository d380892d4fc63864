"""Import and export of other tools' models, with a list of what could not be carried over.

One folder for each tool; what they share is here.
"""

"""Other tools' models, read into the model language and written from it, with a list of what could not be carried.

One folder for each tool; what they share is here.
"""

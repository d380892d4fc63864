"""The words of each kind of analysis: a sentence, notes, tables of text and JSON-ready data. `telling` lists them."""

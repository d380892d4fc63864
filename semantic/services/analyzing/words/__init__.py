"""What each kind of analysis says: a sentence, notes, tables of text and JSON-ready data. `telling` names them all."""

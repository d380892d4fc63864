"""The charts of each kind of analysis, as descriptions that screens, files and text draw. `telling` lists them all."""

"""Tables as companies have them, to draft models from. Tests of one module belong beside its other tests."""

"""Browser tests of connecting and uploading data."""

"""Browser tests of boards: building, reading, sharing and discussing them."""

"""Everything that comes from outside, at its worst: nothing of it runs, nothing falls over, all is answered."""

"""The shell's commands that have ways of their own, and those that keep versions of the model; a file each."""

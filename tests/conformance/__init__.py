"""Cases that nobody here wrote, through the importer and the public names."""

"""Cases from outside this project, run through the importer and the public names."""

"""On disk: the record of a run, documents, arrays, and files that are there complete or not at all."""

"""On disk: files and folders that are there complete or not at all, memory maps, the record of a run."""

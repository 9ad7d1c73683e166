"""Sources of files: folders, zips and single files behind one protocol, with their names and hashes."""

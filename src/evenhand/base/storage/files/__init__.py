"""Files written whole or not at all, read within bounds, and told to be damaged by their checksums."""

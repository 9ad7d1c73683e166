"""Small true-to-life data of every kind, and files that mean harm, for tests here and elsewhere."""

"""Which drawings show the same thing: exact copies, and copies that were moved, scaled, turned or mirrored."""

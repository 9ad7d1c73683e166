"""From the bytes of a DXF file to primitives: curves sampled in the plane, whatever blocks they lie in."""

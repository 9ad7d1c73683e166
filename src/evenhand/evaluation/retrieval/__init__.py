"""Retrieval: rows ranked by how near they are to a query. Sees no model and no torch."""

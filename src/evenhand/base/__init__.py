"""Values, errors and machinery that every room stands on; knows no data and no model."""

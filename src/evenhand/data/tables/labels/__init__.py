"""Labels of rows: from cells and columns of a table to class indices or a matrix."""

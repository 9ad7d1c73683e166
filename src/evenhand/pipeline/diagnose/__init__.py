"""`diagnose`: a finished run on a folder of new rows, against what is known of them."""

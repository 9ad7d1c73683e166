"""What verbs over finished results print."""

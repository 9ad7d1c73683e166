"""What is blended: predictions aligned by id, and features made of them."""

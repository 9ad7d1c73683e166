"""Generated drawings of seven kinds of mechanical parts, as several offices would draw them."""

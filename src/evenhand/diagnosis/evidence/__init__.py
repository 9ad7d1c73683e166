"""The evidence that rules look at, with the parts they share computed once."""

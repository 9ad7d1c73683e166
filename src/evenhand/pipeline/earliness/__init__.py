"""How much of a row a run needs: its figures as a function of the steps seen, and the earliest decisions."""

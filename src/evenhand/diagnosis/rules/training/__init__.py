"""Rules about a training, asked after every epoch and at the end."""

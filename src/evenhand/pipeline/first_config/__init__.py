"""The first configuration: columns of a table, the speed of the machine, recipes."""

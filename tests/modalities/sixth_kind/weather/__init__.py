"""Weather logs: a kind of data as somebody else's package brings it, found by its entry point alone."""

from weather.kind import Weather

KIND = Weather()

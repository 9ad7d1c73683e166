"""Recipes: first configurations by kind of data, one file each, with the data sets that they were tested on.

`evenhand init` takes the first recipe, by `rank`, whose estimated time fits.
"""

from evenhand.pipeline.first_config.recipes.registry import RECIPES, DataFacts, FirstRecipe, Proposal, Speed, choose

__all__ = ["RECIPES", "DataFacts", "FirstRecipe", "Proposal", "Speed", "choose"]

"""Recipes: first configurations by kind of data, one file each, with the sets on which they were tried.

`evenhand init` takes the first recipe, by `rank`, whose expected time fits.
"""

from evenhand.pipeline.first_config.recipes.registry import RECIPES, DataFacts, FirstRecipe, Proposal, Speed, choose

__all__ = ["RECIPES", "DataFacts", "FirstRecipe", "Proposal", "Speed", "choose"]

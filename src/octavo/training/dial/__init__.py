"""The minutes dial: from what a user asks of a run to its recipe.

Whatever is left open is derived from the minutes, the text and the machine.
The rules are few, each is printed when it is used, and what they give ends
in the recipe. Read in this order: sizes, wish, law, table, plan, facts,
question, probe, budget, choose.
"""

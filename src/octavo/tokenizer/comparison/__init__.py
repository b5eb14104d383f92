"""The tokenizer beside others: one table, measured in one run.

Read in this order: `samples` (the texts), `contenders` (the tokenizers),
`compare` (the measuring), `findings` (what the numbers say), `report` and
`chart` (how they are shown).
"""

"""Octavo in one file: a text goes in, a language model comes out.

    python octavo_one.py TEXTFILE

learns a vocabulary from the text, trains a transformer of Qwen3's shape on
nine tenths of it, says how well that foretells the last tenth, and lets it
write. It needs torch and numpy. `octavo book one-file` put it together from
the library's own definitions, and tests hold its numbers to the library's.

Shapes stand in the signatures: Float[Tensor, "B T D"] has three dimensions.
B batch, T time, S time of the keys, H heads, K head width, P pairs of
numbers in a head, D width, V vocabulary; *B is any dimensions before.
"""

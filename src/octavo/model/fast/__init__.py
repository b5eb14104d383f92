"""The same numbers, sooner: gradients by hand, for training on a CPU.

Autograd takes a function apart into what torch has gradients for, and goes
back through every part. Whoever knows the whole function can do it in fewer
passes over memory, which is what a processor waits for. Each function here
does what a plain one elsewhere in `model` does, is tested against it, and
has its gain measured (LOG.md).

norms, rotation, attention, dropout    parts of every model
mixing, thinking                       the two halves of a small one's block
blocks                                 which models have theirs by hand
"""

"""Octavo: a large language model, from scratch, in a small book.

The folders are the chapters. Text flows down this list, and a folder
imports only from folders above it:

    foundation   errors for people, safe files, progress, drawings
    text         corpora: fetching, cleaning, near-duplicates, splits
    tokenizer    byte-level BPE, token files
    model        the transformer
    twins        the same in NumPy, by hand, and in JAX
    interop      Hugging Face folders in and out
    generation   sampling
    evaluation   bits per byte, n-gram baselines
    training     batches, optimizers, the loop, checkpoints
    cli          one module per verb
"""

__version__ = "0.1.0"

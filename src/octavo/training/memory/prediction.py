"""Prediction: the most memory that a recipe's training will need.

A sum of what lies in memory at once, in bytes. Its constants were set by
the seven runs with the usual allocator in LOG.md ("memory freed is not
memory given back"), and it is within a fifth of each; precision bfloat16
was not among them, and no other size was.

Shapes: N tokens computed at once, D width, V vocabulary.
"""

from octavo.model import ModelConfig
from octavo.training.recipe import Recipe, TrainingRecipe

FLOAT = 4  # bytes
BASE = 440_000_000  # the program, its libraries, and holes in the heap
KEPT = 15  # numbers that a block keeps for each one that goes in
LOGITS = 3  # copies: as float32, their logarithms, their gradient
MUON_COPIES = 5  # of the largest stack of matrices, in a step
# Of float32's room: not all that is kept is halved, nor all holes filled.
HALVED = 0.75


def predict_memory(recipe: Recipe) -> int:
    """Return the peak memory of training in PyTorch, in bytes."""
    model, training = recipe.model, recipe.training
    tokens = training.batch_size * model.context // training.accumulate
    return (
        BASE
        + _state(model)
        + _activations(model, training, tokens)
        + _logits(model, training, tokens)
    )


def _state(model: ModelConfig) -> int:
    """Return the bytes of weights, gradients, optimizers and a step."""
    matrices, largest = _matrices(model)
    tables = model.vocab_size * model.width
    if not model.tied_head:
        tables *= 2
    # Weights and gradients; Muon's momentum; AdamW's two moments.
    numbers = 3 * matrices + 4 * tables + MUON_COPIES * largest
    return FLOAT * numbers


def _matrices(model: ModelConfig) -> tuple[int, int]:
    """Return the numbers in all blocks' matrices, and in one stack.

    Muon steps matrices of a shape as one; most are in the way to `inside`.
    """
    heads = 2 * (model.num_heads + model.num_kv_heads) * model.head_width
    ways_in = 2 if model.mlp == "swiglu" else 1
    one = model.num_layers * model.width
    inside = one * model.mlp_width
    return one * heads + inside * (ways_in + 1), inside * ways_in


def _activations(
    model: ModelConfig, training: TrainingRecipe, tokens: int
) -> int:
    """Return the bytes that N tokens' blocks keep for the way back."""
    stream = FLOAT * tokens * model.width  # (N, D)
    share = 1.0 if training.precision == "float32" else HALVED
    block = int(KEPT * share * stream)
    if training.checkpoint_activations:
        return model.num_layers * stream + block
    return model.num_layers * block


def _logits(
    model: ModelConfig, training: TrainingRecipe, tokens: int
) -> int:
    """Return the bytes of N tokens' logits, or of a chunk's."""
    copies, table = float(LOGITS), 0
    if training.loss_chunk:
        tokens = min(tokens, training.loss_chunk)
        table = model.vocab_size * model.width  # its gradient, added up
    elif training.precision == "bfloat16-saved":
        copies += 0.5  # the rounded one beside them
    return int(FLOAT * (copies * tokens * model.vocab_size + table))

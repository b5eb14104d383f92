"""Prediction: the most memory that a recipe's training will need.

A sum of what lies in memory at once, in bytes, and of holes that the
allocator leaves between. Its constants were set by runs (LOG.md).

Shapes: N tokens computed at once, D width, V vocabulary.
"""

from collections import Counter

from octavo.evaluation.score import BATCH_TOKENS, HELD_LOGITS
from octavo.model import ModelConfig
from octavo.training.optimizers import STACK
from octavo.training.recipe import Recipe, TrainingRecipe

FLOAT = 4  # bytes
BASE = 310 * 2**20  # the program and its libraries
MUON_COPIES = 6  # of the largest stack of matrices, in a step
# What blocks keep, to float32's: not all is halved, nor all holes filled.
SHARES = {"float32": 1.0, "bfloat16": 0.74, "bfloat16-saved": 0.85}
# Blocks computed twice keep their inputs, and holes of so many blocks.
TWICE = 4


def is_predictable(backend: str, device: str) -> bool:
    """Say whether the prediction holds there."""
    return (backend, device) == ("torch", "cpu")


def predict_memory(recipe: Recipe) -> int:
    """Return the peak memory of training in PyTorch, in bytes."""
    model, training = recipe.model, recipe.training
    stacks, tables = _stacks(model), _tables(model)
    matrices = sum(stacks.values())
    # Weights, gradients, and where the last step's were; Muon's momentum;
    # AdamW's two moments.
    state = FLOAT * (4 * matrices + 4 * tables)
    if training.precision == "bfloat16":
        state += FLOAT * matrices  # weights and gradients, rounded
    largest = max(STACK, *(rows * columns for rows, columns in stacks))
    step = FLOAT * MUON_COPIES * min(largest, max(stacks.values()))
    tokens = training.batch_size * model.context // training.accumulate
    learning = _kept(model, training, tokens) + _loss(
        model, training, tokens
    )
    judging = 2 * FLOAT * min(HELD_LOGITS, BATCH_TOKENS * model.vocab_size)
    saving = 2 * FLOAT * (matrices + 2 * tables)  # two copies, in bytes
    return BASE + state + step + max(learning, judging, saving)


def _stacks(model: ModelConfig) -> Counter[tuple[int, int]]:
    """Return how many numbers the blocks' matrices of each shape have.

    Muon steps those of one shape, lying or standing, together.
    """
    heads = model.num_heads * model.head_width
    groups = model.num_kv_heads * model.head_width
    inside, width = model.mlp_width, model.width
    ways_in = 2 if model.mlp == "swiglu" else 1
    stacks: Counter[tuple[int, int]] = Counter()
    for shape, count in (
        ((heads, width), 1),
        ((groups, width), 2),
        ((width, heads), 1),
        ((inside, width), ways_in),
        ((width, inside), 1),
    ):
        rows, columns = shape
        lying = min(shape), max(shape)
        stacks[lying] += model.num_layers * count * rows * columns
    return stacks


def _tables(model: ModelConfig) -> int:
    """Return the numbers of the embedding, and of a head of its own."""
    return model.vocab_size * model.width * (1 if model.tied_head else 2)


def _kept(model: ModelConfig, training: TrainingRecipe, tokens: int) -> int:
    """Return the bytes that N tokens' blocks keep for the way back."""
    stream = FLOAT * tokens * model.width  # (N, D)
    heads = model.num_heads * model.head_width
    groups = model.num_kv_heads * model.head_width
    inside = (4 if model.mlp == "swiglu" else 2) * model.mlp_width
    numbers = 4 * model.width + 4 * heads + 3 * groups + inside
    block = FLOAT * tokens * numbers
    all_kept = model.num_layers * block * SHARES[training.precision]
    if training.checkpoint_activations:
        twice = model.num_layers * stream + TWICE * block
        all_kept = min(all_kept, twice)
    return int(all_kept)


def _loss(model: ModelConfig, training: TrainingRecipe, tokens: int) -> int:
    """Return the bytes of N tokens' logits, or of a chunk's."""
    copies, tables = 3.0, 0  # logits, their logarithms, their gradient
    if training.loss_chunk:
        tokens = min(tokens, training.loss_chunk)
        copies, tables = 2.0, 3 * model.vocab_size * model.width
    elif training.precision == "bfloat16-saved":
        copies = 3.5  # the rounded one beside them
    return int(FLOAT * (copies * tokens * model.vocab_size + tables))

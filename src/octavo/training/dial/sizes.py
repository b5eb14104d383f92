"""Sizes by name, and the shape of each."""

from octavo.model import ModelConfig

# Layers, width and context. Heads are 64 wide, the network in a block three
# times as wide as the stream, which is SwiGLU's usual 8/3, rounded.
SIZES = {
    "tiny": (4, 128, 128),
    "small": (4, 192, 128),
    "medium": (5, 256, 256),
    "large": (6, 384, 256),
    "huge": (12, 768, 512),  # GPT-2's smallest
}


def model_of(
    size: str, vocab_size: int, context: int | None = None
) -> ModelConfig:
    """Return the shape of a size; its context, unless one is given."""
    layers, width, usual_context = SIZES[size]
    return ModelConfig(
        vocab_size=vocab_size,
        context=context or usual_context,
        num_layers=layers,
        width=width,
        num_heads=width // 64,
        num_kv_heads=width // 64,
        head_width=64,
        mlp_width=3 * width,
    )

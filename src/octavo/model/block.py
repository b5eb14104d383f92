"""The transformer block: attention, then a small network, each a residue.

Shapes: B batch, T time, D width, F width inside the network.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from octavo.model.attention import Attention
from octavo.model.cache import LayerCache
from octavo.model.config import ModelConfig
from octavo.model.fast.dropout import fast_dropout
from octavo.model.fast.where import trains_on_cpu
from octavo.model.norm import make_norm
from octavo.model.positions import Rotation


class Dropout(nn.Dropout):
    """In training, forget a share of all numbers at random."""

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Put zeros in x, and scale what stays to make up for them."""
        if self.training and self.p and trains_on_cpu(x):
            return fast_dropout(x, self.p)
        dropped: Tensor = super().forward(x)
        return dropped


class SwiGLU(nn.Module):
    """The network of a block: from width D through width F and back.

    One product opens gates for the other (Shazeer 2020, equation 6).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, inside, bias = config.width, config.mlp_width, config.bias
        self.gate = nn.Linear(width, inside, bias=bias)
        self.up = nn.Linear(width, inside, bias=bias)
        self.down = nn.Linear(inside, width, bias=bias)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Think about each token by itself."""
        opened = functional.silu(self.gate(x)) * self.up(x)
        thought: Tensor = self.down(opened)
        return thought


class GELU(nn.Module):
    """GPT-2's network: a soft threshold between two linear layers.

    x times the normal distribution function of x, by the tanh formula
    (Hendrycks and Gimpel 2016).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, inside, bias = config.width, config.mlp_width, config.bias
        self.up = nn.Linear(width, inside, bias=bias)
        self.down = nn.Linear(inside, width, bias=bias)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Think about each token by itself."""
        opened = functional.gelu(self.up(x), approximate="tanh")
        thought: Tensor = self.down(opened)
        return thought


class Block(nn.Module):
    """One layer: tokens exchange, then each thinks; both add to the stream.

    Normalising before, not after, keeps a clear path for the gradient from
    the last layer to the first (Xiong et al. 2020). Dropout falls on what
    is added (Vaswani et al. 2017, section 5.4). GPT-2 drops attention
    weights too: that helped no further here (LOG.md), and takes the fused
    kernel away on a processor without a GPU.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = make_norm(config)
        self.attention = Attention(config)
        self.mlp_norm = make_norm(config)
        self.mlp = (SwiGLU if config.mlp == "swiglu" else GELU)(config)
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        rotation: Rotation | None = None,
        cache: LayerCache | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Add what attention gathers, then what the network makes of it."""
        normed = self.attention_norm(x)
        attended = self.attention(normed, rotation, cache, lengths)
        x = x + self.dropout(attended)
        x = x + self.dropout(self.mlp(self.mlp_norm(x)))
        return x  # noqa: RET504 (an annotation for the type checker)

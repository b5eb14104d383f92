"""The transformer block: attention, then a small network, each a residue.

Shapes: B batch, T time, D width, F width inside the network.
"""

from torch import Tensor, nn
from torch.nn import functional

from octavo.model.attention import Attention
from octavo.model.cache import LayerCache
from octavo.model.config import ModelConfig
from octavo.model.norm import RMSNorm


class SwiGLU(nn.Module):
    """The network of a block: (B, T, D) to (B, T, D) through width F.

    One product opens gates for the other (Shazeer 2020, equation 6).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.mlp_width, bias=False)
        self.up = nn.Linear(config.width, config.mlp_width, bias=False)
        self.down = nn.Linear(config.mlp_width, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Think about each token by itself."""
        opened = functional.silu(self.gate(x)) * self.up(x)
        thought: Tensor = self.down(opened)
        return thought


class Block(nn.Module):
    """One layer: tokens exchange, then each thinks; both add to the stream.

    Normalising before, not after, keeps a clear path for the gradient from
    the last layer to the first (Xiong et al. 2020).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_epsilon)
        self.attention = Attention(config)
        self.mlp_norm = RMSNorm(config.width, config.norm_epsilon)
        self.mlp = SwiGLU(config)

    def forward(
        self,
        x: Tensor,
        cosine: Tensor,
        sine: Tensor,
        cache: LayerCache | None = None,
        start: int = 0,
    ) -> Tensor:
        """Map (B, T, D) to (B, T, D)."""
        x = x + self.attention(
            self.attention_norm(x), cosine, sine, cache, start
        )
        x = x + self.mlp(self.mlp_norm(x))
        return x  # noqa: RET504 (an annotation for the type checker)

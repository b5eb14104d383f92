"""What a training step spends its time on, by torch's own profiler.

Each operation's own time, without that of those it calls, goes to one
group. What is left is Python, dispatch, and waiting.
"""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from octavo.training.checkpoints import State

STEPS = 3  # profiled, after one that is not
OPTIMIZER = "optimizer"
PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")
COPIES = ("copy_", "cat", "fill_")
VIEWS = (
    "alias",
    "as_strided",
    "expand",
    "flatten",
    "linear",
    "matmul",
    "reshape",
    "_reshape_alias",
    "resolve_conj",
    "slice",
    "split",
    "t",
    "to",
    "_to_copy",
    "transpose",
    "unsqueeze",
    "_unsafe_view",
    "view",
)
# Whatever is called below one of these belongs to it.
PARTS = {
    "Attention": "attention, its products too",
    "scaled_dot_product": "attention, its products too",
    "Norm": "norms",
    "norm_backward": "norms",
    "Rotation": "rotary positions",
    "log_softmax": "softmax and loss",
    "LogSoftmax": "softmax and loss",
    "nll_loss": "softmax and loss",
    "NllLoss": "softmax and loss",
    "mbedding": "embedding",
}
GROUPS = (
    "products",
    *dict.fromkeys(PARTS.values()),
    "elementwise, and sums",
    "copies and casts",
    "optimizer: products",
    "optimizer: the rest",
    "calls, and waiting",
)


def spending(
    state: "State", inputs: "Tensor", targets: "Tensor"
) -> dict[str, float]:
    """Return the seconds of a step that go to each group."""
    from torch.profiler import ProfilerActivity, profile, record_function

    def step() -> None:
        state.backend.loss(inputs, targets)
        state.backend.gradient_norm()
        with record_function(OPTIMIZER):
            state.backend.step(1.0)

    step()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(STEPS):
            with record_function("step"):  # Python is this one's own time
                step()
    seconds = dict.fromkeys(GROUPS, 0.0)
    for event in profiled.events():
        own = event.self_cpu_time_total / 1e6
        seconds[group_of(lineage(event))] += own / STEPS
    return seconds


def lineage(event: Any) -> list[str]:
    """Return an event's name, and of all that it was called by."""
    names = []
    while event is not None:
        names.append(event.name)
        event = event.cpu_parent
    return names


def group_of(names: list[str]) -> str:
    """Return the group of an operation, from its lineage."""
    kind = kind_of(names[0])
    if OPTIMIZER in names and kind != "calls, and waiting":
        rest = "products" if kind == "products" else "the rest"
        return f"optimizer: {rest}"
    for name in names:
        for part, group in PARTS.items():
            if part in name and kind != "calls, and waiting":
                return group
    return kind


def kind_of(name: str) -> str:
    """Return what an operation does by itself."""
    space, _, plain = name.rpartition("::")
    if space != "aten" or plain in VIEWS or plain.startswith("empty"):
        return "calls, and waiting"
    if plain in PRODUCTS:
        return "products"
    return (
        "copies and casts" if plain in COPIES else "elementwise, and sums"
    )


def spending_table(spent: dict[str, dict[str, float]]) -> str:
    """Return a table: a row for each group, a column for each shape."""
    total: dict[str, float] = defaultdict(float)
    for shape, seconds in spent.items():
        total[shape] = sum(seconds.values())
    head = "".join(f" {shape}, ms | |" for shape in spent)
    lines = [f"| |{head}", "|---" * (1 + 2 * len(spent)) + "|"]
    lines += [
        f"| {group} |"
        + "".join(
            f" {1000 * seconds[group]:,.1f} | "
            f"{seconds[group] / total[shape]:.0%} |"
            for shape, seconds in spent.items()
        )
        for group in GROUPS
    ]
    ends = "".join(f" {1000 * t:,.1f} | |" for t in total.values())
    return "\n".join([*lines, f"| all |{ends}"])

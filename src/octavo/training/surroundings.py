"""What the bytes of a run depend on beside its recipe.

The same seed gives the same numbers only where the same programs compute
them in the same order, on a processor that rounds in the same way.
"""

import platform
import sys
from collections.abc import Mapping

import torch
from torch import Tensor


class RandomNumbers:
    """The states of torch's random generators, to be kept and put back.

    There is one for the CPU, and one for the device of the model.
    """

    def __init__(self, device: str) -> None:
        self.device = device

    def memory(self) -> dict[str, Tensor]:
        """Return the state of every generator in use."""
        states = {"cpu": torch.get_rng_state()}
        if self.device != "cpu":
            module = torch.get_device_module(self.device)
            states[self.device] = module.get_rng_state()
        return states

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Let the generators go on from kept states."""
        torch.set_rng_state(memory["cpu"])
        if self.device != "cpu" and self.device in memory:
            module = torch.get_device_module(self.device)
            module.set_rng_state(memory[self.device])


def surroundings() -> dict[str, str]:
    """Return what computes here: programs, processor, threads."""
    capability = torch.backends.cpu.get_cpu_capability()
    found: dict[str, str] = {
        name: str(sys.modules[name].__version__)
        for name in ("torch", "numpy", "jax")
        if name in sys.modules
    }
    found["processor"] = f"{platform.machine()} with {capability}"
    found["threads"] = str(torch.get_num_threads())
    if _on_cuda():
        found["device"] = torch.cuda.get_device_name()
    return found


def what_changed(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return a line about what is not as it was; "" if nothing is.

    >>> what_changed({"torch": "2.12"}, {"torch": "2.13"})[:33]
    'torch was 2.12 and is 2.13: the l'
    """
    names = sorted(then.keys() | now.keys())
    pairs = [(n, then.get(n, "none"), now.get(n, "none")) for n in names]
    facts = [
        f"{name} was {before} and is {after}"
        for name, before, after in pairs
        if before != after
    ]
    if not facts:
        return ""
    return (
        f"{', '.join(facts)}: the last bits may differ from those of a run "
        "that was never stopped"
    )


def _on_cuda() -> bool:
    """Whether a model has been brought to an NVIDIA card."""
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]

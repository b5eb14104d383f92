"""A pack's logits and loss are those of its conversations alone."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from octavo.finetuning.learning import (
    shares,
    trained_loss,
    trained_losses,
)
from octavo.finetuning.packing import (
    UNTRAINED,
    Packs,
    fill,
    fitting,
    pack,
    rounded,
)
from octavo.finetuning.rendering import Rendered
from octavo.foundation import UserError
from octavo.model import ModelConfig, Transformer
from octavo.training.batches import Batches

CONFIG = ModelConfig(
    vocab_size=40, context=16, num_layers=2, width=24, num_heads=2,
    num_kv_heads=1, head_width=12, mlp_width=32,
)  # fmt: skip


def spoken(ids: list[int], learned: list[int]) -> Rendered:
    return Rendered(
        ids=ids, trained=[n in learned for n in range(len(ids))]
    )


FIRST = spoken([3, 1, 4, 1, 5], [3, 4])
SECOND = spoken([9, 2, 6, 5, 3, 5, 8, 9], [1, 7])
THIRD = spoken([7, 9, 3], [])


def test_targets_are_what_follows_where_it_is_learned():
    inputs, targets, lengths = pack([FIRST, SECOND])
    assert inputs.tolist() == [[3, 1, 4, 1, 9, 2, 6, 5, 3, 5, 8]]
    no = UNTRAINED
    right = [no, no, 1, 5, 2, no, no, no, no, no, 9]
    assert targets.tolist() == [right]
    assert lengths == [4, 7]


def test_logits_and_loss_are_those_of_each_conversation_alone():
    torch.manual_seed(1)
    model = Transformer(CONFIG).eval()
    inputs, targets, lengths = pack([FIRST, SECOND, THIRD])
    together = model(inputs, lengths=lengths)[0]
    losses = []
    for each, found in zip(
        (FIRST, SECOND, THIRD), together.split(lengths), strict=True
    ):
        ids = torch.tensor([each.ids])
        alone = model(ids[:, :-1])[0]
        torch.testing.assert_close(found, alone, rtol=0, atol=1e-5)
        losses += [
            functional.cross_entropy(alone[place - 1], ids[0, place])
            for place, learned in enumerate(each.trained)
            if learned
        ]
    assert len(losses) == 4  # a mean of tokens, not of conversations
    torch.testing.assert_close(
        trained_loss(model, inputs, targets, lengths),
        torch.stack(losses).mean(),
    )


def test_what_is_filled_up_changes_no_loss():
    torch.manual_seed(1)
    model = Transformer(CONFIG).eval()
    said = [FIRST, SECOND, THIRD]
    right = trained_losses(model, *pack(said))
    row = fill(pack([rounded(each, context=16) for each in said]), 16)
    assert row.lengths == [16, 16, 16]
    longer = fill(pack([rounded(FIRST, context=24), SECOND]), context=16)
    assert longer.lengths == [16, 7, 9]
    torch.testing.assert_close(trained_losses(model, *row), right)
    torch.testing.assert_close(
        shares(row.targets, row.lengths), shares(*pack(said)[1:])
    )


@pytest.mark.parametrize(
    ("ids", "context", "length"),
    [(5, 64, 17), (17, 64, 17), (18, 64, 33), (60, 64, 65), (18, 20, 21)],
)
def test_lengths_are_rounded_within_the_context(ids, context, length):
    found = rounded(spoken(list(range(1, ids + 1)), [2]), context)
    assert len(found.ids) == len(found.trained) == length
    assert found.ids[:ids] == list(range(1, ids + 1))
    assert not any(found.trained[ids:])


def test_a_pass_reads_everything_once_and_a_step_is_all_that_decides():
    said = [spoken([n, n + 1], [1]) for n in range(10)]
    packs = Packs(said, size=4, seed=7)
    firsts = [packs.at(step).inputs[0].tolist() for step in range(5)]
    read = [number for each in firsts for number in each]
    assert sorted(read[:10]) == sorted(read[10:]) == list(range(10))
    assert read[:10] != read[10:]
    assert Packs(said, 4, 7).at(3).inputs[0].tolist() == firsts[3]
    assert Packs(said, 4, 8).at(3).inputs[0].tolist() != firsts[3]


def test_windows_of_the_text_stand_behind_and_all_of_them_is_learned():
    text = Batches(np.arange(40), 5, 2, seed=3)
    packs = Packs([FIRST, SECOND], size=1, seed=7, text=text)
    assert packs.tokens_per_step == round((5 + 8) / 2) + 10
    said = Packs([FIRST, SECOND], size=1, seed=7).at(2)
    inputs, targets, lengths = packs.at(2)
    assert lengths == [*said.lengths, 5, 5]
    assert inputs[0, :-10].tolist() == said.inputs[0].tolist()
    assert targets[0, :-10].tolist() == said.targets[0].tolist()
    starts = text.starts(2)
    windows = [n for start in starts for n in range(start, start + 5)]
    assert inputs[0, -10:].tolist() == windows
    assert targets[0, -10:].tolist() == [n + 1 for n in windows]


def test_what_is_longer_than_the_context_does_not_fit():
    assert fitting([FIRST, SECOND, THIRD], context=4) == [FIRST, THIRD]
    with pytest.raises(
        UserError, match="context of 1 tokens; the shortest"
    ):
        fitting([FIRST, SECOND], context=1)

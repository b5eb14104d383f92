"""The plain side of the library, against the library."""

import random
import unicodedata

import numpy as np
import pytest
import torch

from octavo.book.plain import model as plain
from octavo.book.plain.main import main
from octavo.book.plain.optimizers import Adam, Muon, orthogonalise
from octavo.book.plain.tokens import PIECE, Tokenizer, train_bpe
from octavo.book.plain.training import Recipe, batches, bits_per_byte, train
from octavo.book.plain.writing import generate
from octavo.evaluation import score_model
from octavo.generation import Sampling
from octavo.generation import generate as library_generate
from octavo.model import ModelConfig, Transformer
from octavo.tokenizer import TokenFile
from octavo.tokenizer import Tokenizer as LibraryTokenizer
from octavo.tokenizer import train_bpe as reference
from octavo.tokenizer.patterns import Splitter
from octavo.training import optimizers as library
from octavo.training.batches import Batches
from octavo.training.recipe import DataRecipe, TrainingRecipe
from octavo.training.recipe import Recipe as LibraryRecipe

from ..other_device import NAME
from ..verses import verses

SIZES = {"vocab_size": 50, "context": 12, "num_layers": 2, "width": 24,
         "num_heads": 3, "head_width": 8, "mlp_width": 40}  # fmt: skip
AWKWARD = (
    "It's  WE'LL\n\n  x_y __init__ 3.14, 2026!?\r\n\ttab\n \n"
    "na\u00efve \u4f60\u597d \u0915\u093f e\u0301 \U0001f600 \u0663"
    "   end  "
)


def test_texts_are_cut_where_the_library_cuts_them():
    splitter = Splitter("qwen2")
    assert PIECE.findall(AWKWARD) == splitter(AWKWARD)
    draw = random.Random(1).choice
    for _ in range(300):
        text = "".join(draw("ab\u00c9' _s3.\n\r\t-") for _ in range(30))
        assert PIECE.findall(text) == splitter(text)


def test_every_character_is_cut_like_the_librarys():
    """But numerals that are no digits, letters here: re has no class."""
    known = "".join(
        f"a{character}b{character}{character} "
        for character in map(chr, range(32, 0x20000))
        if unicodedata.category(character)
        not in ("Cn", "Cs", "Nl", "No")  # not assigned, no character
    )
    assert PIECE.findall(known) == Splitter("qwen2")(known)
    assert PIECE.findall("1\u00bd") == ["1", "\u00bd"]
    assert PIECE.findall("a\u00bd") == ["a\u00bd"]  # the library cuts it


@pytest.mark.parametrize("text", [AWKWARD, verses(40), "aaaaaaa aaaa", ""])
def test_merges_are_the_references(text):
    merges, vocab = reference(text, 60, "qwen2")
    learned = train_bpe(text, 60)
    assert learned == [merge.pair for merge in merges]
    tokens = Tokenizer(learned).tokens
    assert tokens == list(vocab.values())


def test_ids_are_the_librarys():
    tokenizer = Tokenizer(train_bpe(verses(40), 60))
    theirs = LibraryTokenizer.train([verses(40)], 316, special_tokens=())
    for text in (verses(10, seed=3), AWKWARD):
        ids = tokenizer.encode(text)
        assert ids == theirs.encode(text)
        assert tokenizer.decode(ids) == text
    assert tokenizer.decode([0xC3]) == "\ufffd"


def both() -> tuple[plain.Transformer, Transformer]:
    """A plain model and the library's, of one shape and one seed."""
    torch.manual_seed(3)
    ours = plain.Transformer(plain.ModelConfig(**SIZES))
    torch.manual_seed(3)
    theirs = Transformer(ModelConfig(num_kv_heads=3, **SIZES))
    return ours, theirs


def test_one_seed_draws_the_same_weights():
    ours, theirs = (dict(one.named_parameters()) for one in both())
    assert list(ours) == list(theirs)
    for name, weight in ours.items():
        assert torch.equal(weight, theirs[name]), name


def test_the_same_weights_give_the_same_logits_loss_and_gradients():
    ours, theirs = both()
    for one in theirs.parameters():
        torch.nn.init.normal_(one, std=0.5)
    ours.load_state_dict(theirs.state_dict())
    ids = torch.randint(50, (4, 12))
    torch.testing.assert_close(ours(ids), theirs(ids))
    loss = ours.loss(ids[:, :-1], ids[:, 1:])
    loss.backward()
    logits = theirs(ids[:, :-1]).flatten(0, 1)
    right = torch.nn.functional.cross_entropy(logits, ids[:, 1:].flatten())
    right.backward()
    torch.testing.assert_close(loss, right)
    for mine, other in zip(
        ours.parameters(), theirs.parameters(), strict=True
    ):
        torch.testing.assert_close(
            mine.grad, other.grad, atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize("shape", [(12, 12), (8, 24), (24, 8)])
def test_muon_moves_a_matrix_as_the_librarys_does(shape):
    torch.manual_seed(0)
    x, y = (torch.ones(shape, requires_grad=True) for _ in range(2))
    ours = Muon(x, 0.1, 0.9)
    theirs = library.Muon([y], 0.1, 0.9)
    for step in range(4):
        gradient = torch.randn(shape)
        y.grad = gradient.clone()
        ours.step(gradient, 1 - 0.2 * step)
        theirs.step(1 - 0.2 * step)
        torch.testing.assert_close(x, y, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            orthogonalise(gradient),
            library.orthogonalise(gradient[None])[0],
            atol=1e-5,
            rtol=1e-5,
        )


def test_adam_moves_a_parameter_as_torchs_own_does():
    torch.manual_seed(0)
    x, y = (torch.ones(7, requires_grad=True) for _ in range(2))
    ours = Adam(x, 0.1)
    theirs = torch.optim.Adam([y], 0.1, betas=(0.9, 0.95), eps=1e-10)
    for _ in range(5):
        gradient = torch.randn(7)
        y.grad = gradient.clone()
        ours.step(gradient, 1.0)
        theirs.step()
        torch.testing.assert_close(x, y)


def test_batches_are_the_librarys_over_several_passes():
    ids = np.random.default_rng(0).integers(0, 50, 300)
    taught = batches(torch.from_numpy(ids), 8, 5, seed=4)
    theirs = Batches(ids, 8, 5, seed=4)
    for step in range(30):  # a pass is seven steps and a part of one
        ours = next(taught)
        for one, other in zip(ours, theirs.at(step), strict=True):
            assert torch.equal(one, other)


def test_rates_rise_and_fall_as_the_librarys_do():
    ours = Recipe(num_steps=40)
    theirs = LibraryRecipe(
        data=DataRecipe(corpus="none"),
        model=ModelConfig(num_kv_heads=3, **SIZES),
        training=TrainingRecipe(tokens=40 * 16 * 12, batch_size=16),
    )
    assert theirs.num_steps == ours.num_steps
    for step in range(40):
        assert ours.learning_rate_share(step) == pytest.approx(
            theirs.learning_rate_share(step)
        )


def test_a_seed_trains_the_same_model_twice():
    ids = torch.randint(50, (400,))
    recipe = Recipe(num_steps=4, batch_size=3)
    losses = [list(train(both()[0], ids, recipe)) for _ in range(2)]
    assert losses[0] == losses[1]
    assert len(set(losses[0])) == 4


def test_it_trains_and_writes_on_another_device(other_device):
    ids = torch.randint(50, (400,))
    recipe = Recipe(num_steps=2, batch_size=3)
    here, there = both()[0], both()[0].to(NAME)
    losses = list(train(here, ids, recipe))
    assert list(train(there, ids.to(NAME), recipe)) == losses
    text = list(generate(there, [1], 20))
    assert text == list(generate(here, [1], 20))


def test_a_text_that_is_too_short_is_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "short.txt").write_text("To be, or not to be.\n" * 9)
    file = str(tmp_path / "short.txt")
    monkeypatch.setattr("sys.argv", ["octavo_one.py", file])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"{file} is too short to learn from" in capsys.readouterr().err


def test_bits_per_byte_are_the_librarys():
    ours, theirs = both()
    text = "A text that nobody has seen, of some bytes."
    ids = np.frombuffer(text.encode(), np.uint8) % 50
    tokens = TokenFile(
        ids=ids.astype(np.uint16),
        starts=np.array([0]),
        num_bytes=np.array([len(ids)]),
        names=("text",),
    )
    score = score_model(theirs, tokens, LibraryTokenizer.bytes())
    found = bits_per_byte(
        ours, torch.from_numpy(ids.astype(np.int64)), len(ids) - 1
    )
    assert found == pytest.approx(score.bits_per_byte, rel=1e-6)


@pytest.mark.parametrize("top_k", [3, 999])
def test_it_writes_what_the_library_writes_past_the_context(top_k):
    ours, theirs = both()
    for one in theirs.parameters():
        torch.nn.init.normal_(one, std=0.5)
    ours.load_state_dict(theirs.state_dict())
    prompt = [5, 6, 7]
    sampling = Sampling(temperature=0.7, top_k=top_k)
    wanted = list(library_generate(theirs, prompt, 40, sampling, seed=9))
    assert list(generate(ours, prompt, 40, 0.7, top_k, 9)) == wanted
    assert len(set(wanted)) > 5

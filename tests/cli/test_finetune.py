"""`octavo finetune`: what it prints, and that its runs can be resumed."""

import json
import tomllib

import pytest
from transformers import GenerationConfig

from octavo.finetuning import write_conversations
from octavo.finetuning.messages import exchange
from octavo.tokenizer import Tokenizer

from .conftest import TRAINING, bad

SAID = [
    exchange(f"What is {n} and 1?", f"It is {n + 1}.") for n in range(12)
]


@pytest.fixture(scope="module")
def base(octavo, corpus, tmp_path_factory):
    """A run of three steps, whose context a conversation fits."""
    out = tmp_path_factory.mktemp("runs") / "base"
    how = ("--tokens", 3 * 256, *TRAINING, "--context", 64)
    done = octavo("train", "--corpus", corpus, "--out", out, *how)
    assert done.code == 0, done.err
    return out


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "sums.jsonl"
    write_conversations(path, SAID)
    return path


def finetune(octavo, run, taught, *options):
    return octavo("finetune", run, "--examples", taught, *options)


def test_it_shows_what_is_learned_of_an_example(octavo, base, taught):
    done = finetune(octavo, base, taught, "--show", "--seed", 1)
    assert done.code == 0, done.err
    assert done.out == (
        "<|im_start|>user\nWhat is 1 and 1?<|im_end|>\n"
        "<|im_start|>assistant\n⟦It is 2.<|im_end|>⟧\n\n"
    )


def test_it_tells_what_was_forgotten(octavo, base, taught, tmp_path):
    out = tmp_path / "out"
    done = finetune(
        octavo, base, taught, "--out", out, "--epochs", 1, "--json"
    )
    assert done.code == 0, done.err
    base = json.loads(octavo("evaluate", base, "--json").out)
    mine = json.loads(octavo("evaluate", out, "--json").out)
    told = json.loads(done.out)
    assert told["bits_per_byte_before"] == base["bits_per_byte"]
    assert told["bits_per_byte"] == mine["bits_per_byte"]
    again = octavo("train", "--resume", out)
    before, now = base["bits_per_byte"], mine["bits_per_byte"]
    assert (
        f"Before fine-tuning: {before:.3f} bits per byte "
        f"({now / before - 1:+.1%} since)\n"
    ) in again.out
    # Its losses are not what the doctor knows: it names the base.
    assert "was fine-tuned" in bad(octavo("doctor", out))
    # Asked, it stops at the end of its turn, for Hugging Face too.
    special = Tokenizer.load(out / "tokenizer.json").special_tokens
    ends = GenerationConfig.from_pretrained(out).eos_token_id
    assert ends == [special["<|im_end|>"], special["<|endoftext|>"]]
    samples = (out / "samples.md").read_text("utf-8")
    asked = [f"> What is {n} and 1?\n" for n in (0, 4, 8)]
    assert all(question in samples for question in asked)


def test_it_learns_from_rewards(octavo, base, taught, tmp_path):
    out = tmp_path / "out"
    done = finetune(octavo, base, taught, "--reward", "sums", "--out", out)
    assert done.code == 0, done.err
    recipe = tomllib.loads((out / "tuning.toml").read_text("utf-8"))
    assert recipe["tuning"]["reward"] == "sums"
    assert recipe["training"]["batch_size"] == 8
    lines = (out / "metrics.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line).get("loss") for line in lines]
    (lacking,) = [loss for loss in found if loss is not None]
    assert lacking * 64 == round(lacking * 64)  # of 64 answers, some


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name the new run's folder with --out"),
        (("--epochs", 0, "--out", "new"), "epochs is 0.0"),
        (("--reward", "sum", "--out", "new"), 'did you mean "sums"'),
        (("--reward", "sums", "--lora", 4, "--out", "new"), "--lora"),
        (
            ("--reward", "sums", "--rehearse", 0.1, "--out", "new"),
            "--rehearse",
        ),
        (("--rehearse", 1, "--out", "new"), "rehearsal is 1.0"),
        (("--minutes", 1, "--epochs", 1, "--out", "new"), "give one"),
        (("--lora", 2000, "--out", "new"), "the rank is 2000"),
    ],
)
def test_wrong_options(octavo, base, taught, options, said):
    assert said in bad(finetune(octavo, base, taught, *options))


def test_a_file_is_checked_with_line_numbers(octavo, base, tmp_path):
    path = tmp_path / "mine.jsonl"
    write_conversations(path, SAID[:2])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"messages": [{"role": "user", "content": "So?"}]}\n')
    done = octavo(
        "finetune", base, "--examples", path, "--out", tmp_path / "out"
    )
    line = bad(done)
    assert f"{path}, line 3: the last message is by the user" in line
    assert not (tmp_path / "out").exists()

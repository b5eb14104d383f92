"""What a model writes, put into lines."""

import torch

from octavo.generation import generate
from octavo.tokenizer import Tokenizer
from octavo.training import load_trained, samples, write_sample, write_verse


def test_a_sample_is_the_prompt_and_what_follows(finished):
    model = load_trained(finished.folder).train()
    tokenizer = finished.tokenizer
    text = write_sample(model, tokenizer, "7 sheep", seed=3)
    new = generate(model.eval(), tokenizer.encode("7 sheep"), 64, seed=3,
                   stop=tokenizer.end_of_text)  # fmt: skip
    assert text == "7 sheep" + tokenizer.decode(list(new))
    assert text != write_sample(model, tokenizer, "7 sheep", seed=4)


def test_sampling_changes_neither_mode_nor_random_state(finished):
    """Or training would depend on how often one looks at it."""
    model = load_trained(finished.folder).train()
    before = torch.get_rng_state()
    write_sample(model, finished.tokenizer, "7", seed=1)
    assert model.training
    assert torch.equal(before, torch.get_rng_state())


def verse_of(monkeypatch, finished, written, prompt, num_lines):
    """Let a model of our own words write, a byte or special at a time."""
    asked = []

    def write(model, ids, num_tokens, seed):
        asked.append((num_tokens, seed))
        yield from written

    monkeypatch.setattr(samples, "generate", write)
    lines = list(write_verse(finished.folder, prompt, num_lines, seed=5))
    assert asked == [(num_lines * samples.MOST_TOKENS_PER_LINE, 5)]
    return lines


def test_lines_are_counted_without_the_blank_ones(monkeypatch, finished):
    written = "\n\n \nI né'er\nII\nIII\nIV".encode()
    lines = verse_of(monkeypatch, finished, written, "KING.\n", 3)
    assert lines == ["KING.", "", "", " ", "I né'er", "II"]


def test_a_text_that_ends_early_is_not_lost(monkeypatch, finished):
    written = "one\ntwo \xe9".encode()[:-1]
    lines = verse_of(monkeypatch, finished, written, "", 9)
    assert lines == ["one", "two \ufffd"]


def test_the_end_of_a_document_ends_a_line(monkeypatch, finished):
    end = finished.tokenizer.end_of_text
    assert isinstance(finished.tokenizer, Tokenizer)
    written = [*b"Exeunt", end, *b"ACT I\n"]
    lines = verse_of(monkeypatch, finished, written, "KING.\n", 3)
    assert lines == ["KING.", "Exeunt", "ACT I"]

"""From a wish to a run folder, and from a recipe to the same one."""

import json
from dataclasses import replace

import pytest

from octavo import __version__
from octavo.foundation import UserError
from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer
from octavo.training import Recipe, Wish, prepare, prepare_from_recipe
from octavo.training.steps import begin

FILES = [
    "chat_template.jinja",
    "checksums.json",
    "config.json",
    "generation_config.json",
    "recipe.toml",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokens/held_out.npy",
    "tokens/held_out.npy.json",
    "tokens/train.npy",
    "tokens/train.npy.json",
]


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_a_wish_becomes_a_folder(text_file, tmp_path, recorder):
    wish = Wish(corpus=str(text_file), tokens=5000, context=16, seed=4)
    run = prepare(wish, tmp_path / "new" / "run", recorder)
    assert files(run.folder) == FILES
    corpus = load_corpus(str(text_file))
    recipe = run.recipe
    assert recipe.data.corpus == str(text_file)
    assert recipe.data.fingerprint == corpus.fingerprint
    assert recipe.data.vocab_size == 512  # the least, for a small text
    assert recipe.model.vocab_size == run.tokenizer.vocab_size < 512
    assert (recipe.model.width, recipe.model.context) == (128, 16)
    training = recipe.training
    assert (training.tokens, training.seed) == (5000, 4)
    # The whole text in one step: it has fewer than 1,024 tokens.
    assert training.batch_size == (len(run.train.ids) - 16) // 16
    assert training.prompt == corpus.held_out[0].text.split("\n")[0] + "\n"
    assert not run.finished
    config = json.loads((run.folder / "config.json").read_text("utf-8"))
    assert config["hidden_size"] == 128


def test_what_was_chosen_is_told(text_file, tmp_path, recorder):
    wish = Wish(
        corpus=str(text_file), tokens=5000, context=16, tokenizer="bytes"
    )
    run = prepare(wish, tmp_path / "run", recorder)
    lines = [line for (line,) in recorder.of("noted")]
    train, held_out = len(run.train.ids), len(run.held_out.ids)
    assert lines[:9] == [
        f"Reading the corpus {text_file} ...",
        "  0.00 MB in 1 document to train on (sheep.txt)",
        "  0.00 MB in 1 document held out, to measure with (sheep.txt)",
        f"{train:,} tokens to train on",
        f"{held_out:,} tokens held out",
        "The plan, each number with the rule behind it:",
        (
            "  size           tiny, 4 layers 128 wide: the smallest, when "
            "neither size nor minutes are set"
        ),
        '  vocabulary     256 tokens: that of the tokenizer "bytes"',
        "  context        16 tokens: as you asked",
    ]
    assert train + held_out == text_file.stat().st_size


def test_a_recipe_repeats_a_folder_byte_for_byte(recipe, new_run, tmp_path):
    first = new_run("first").folder
    recipe_again = Recipe.load(first / "recipe.toml")
    second = prepare_from_recipe(recipe_again, tmp_path / "second").folder
    assert files(first) == files(second) == FILES
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert f'octavo = "{__version__}"' in (
        (first / "recipe.toml").read_text("utf-8")
    )


def test_a_recipe_is_of_one_text_and_one_tokenizer(recipe, tmp_path):
    data = replace(recipe.data, fingerprint="of another text")
    with pytest.raises(
        UserError, match=r"is not the one .*data.fingerprint=$"
    ):
        prepare_from_recipe(replace(recipe, data=data), tmp_path / "a")
    model = replace(recipe.model, vocab_size=300)
    with pytest.raises(UserError, match=r"tokenizer has 270 .* model 300"):
        prepare_from_recipe(replace(recipe, model=model), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("context", 10**6, "more text or a smaller --context"),
        ("batch_size", 10**9, "batch of 1000000000 windows is more than"),
        ("vocab_size", 258, "vocabulary of 258 is impossible"),
        ("tokenizer", "absent.json", r"absent\.json does not exist"),
    ],
)
def test_what_cannot_be_done_leaves_nothing(
    text_file, tmp_path, name, value, message
):
    wish = Wish(
        **({"corpus": str(text_file), "tokens": 100} | {name: value})
    )
    with pytest.raises(UserError, match=message):
        prepare(wish, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_made_in_anothers_place(finished, recipe):
    with pytest.raises(UserError, match="is a run already"):
        prepare_from_recipe(recipe, finished.folder)


def test_a_tokenizer_at_hand_is_taken(text_file, tmp_path):
    path = tmp_path / "t.json"
    mine = Tokenizer.train(["sheep and lambs"], 270)
    mine.save(path)
    wish = Wish(
        corpus=str(text_file), tokens=100, context=16, tokenizer=str(path)
    )
    run = prepare(wish, tmp_path / "run")
    assert run.tokenizer.fingerprint == mine.fingerprint
    assert run.recipe.data.tokenizer == str(path)
    assert begin(run.recipe).model.config.vocab_size == mine.vocab_size

    again = prepare_from_recipe(run.recipe, tmp_path / "again")
    assert again.tokenizer.fingerprint == mine.fingerprint
    Tokenizer.train(["goats and kids, "], mine.vocab_size).save(path)
    with pytest.raises(
        UserError, match=r'tokenizer ".*t\.json" is not the one .*_f.*t=$'
    ):
        prepare_from_recipe(run.recipe, tmp_path / "refused")
    asked = run.recipe.changed(["data.tokenizer_fingerprint="])
    other = prepare_from_recipe(asked, tmp_path / "other")
    assert other.tokenizer.fingerprint != mine.fingerprint


def test_what_a_recipe_makes_itself_needs_no_fingerprint(recipe, tmp_path):
    """Recipes of before knew none, and still load."""
    path = tmp_path / "recipe.toml"
    recipe.save(path)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    older = [line for line in lines if "tokenizer_fingerprint" not in line]
    assert len(older) == len(lines) - 1
    path.write_text("".join(older), "utf-8")
    assert Recipe.load(path) == recipe
    assert recipe.data.tokenizer_fingerprint == ""

"""From a wish to a run folder, and from a recipe to the same one."""

import json
from dataclasses import replace
from importlib import import_module

import pytest

from octavo import __version__
from octavo.foundation import UserError
from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer
from octavo.training import Recipe, Wish, prepare, prepare_from_recipe
from octavo.training.batches import Batches
from octavo.training.loop import begin

# The package's name "prepare" is the function; this is its module.
prepare_module = import_module("octavo.training.prepare")
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
    assert lines == [
        f"Reading the corpus {text_file} ...",
        "  0.00 MB in 1 document to train on (sheep.txt)",
        "  0.00 MB in 1 document held out, to measure with (sheep.txt)",
        (
            "Model: tiny (4 layers, 128 wide, context 16): the smallest, "
            "when neither size nor minutes are set"
        ),
        f"{train:,} tokens to train on",
        f"{held_out:,} tokens held out",
    ]
    assert train + held_out == text_file.stat().st_size


def test_minutes_are_tokens_at_this_machines_speed(
    text_file, tmp_path, recorder, monkeypatch
):
    monkeypatch.setattr(prepare_module, "measure_speed", lambda *_: 2000.0)
    cases = ((0.5, 55_200), (1e-9, 1), (None, 1_104_000))
    for number, (minutes, tokens) in enumerate(cases):
        wish = Wish(corpus=str(text_file), minutes=minutes, context=16)
        run = prepare(wish, tmp_path / str(number), recorder)
        # Of sixty seconds a minute, 92 in a hundred are for stepping.
        assert run.recipe.training.tokens == tokens
    line = next(
        line for (line,) in recorder.of("noted") if "This machine" in line
    )
    times = 55_200 / len(run.train.ids)
    assert line == (
        "This machine trains 2,000 tokens a second: 0.5 minutes make "
        f"55,200 tokens, {times:.2f} times through the text"
    )


@pytest.mark.parametrize(
    ("one", "four", "threads", "tokens"),
    [(50.0, 80.0, 4, 4416), (50.0, 20.0, 1, 2760), (50.0, 50.0, 1, 2760)],
)
def test_one_thread_is_taken_where_it_is_faster(
    finished, recipe, recorder, monkeypatch, one, four, threads, tokens
):
    draft = replace(recipe, training=replace(recipe.training, threads=4))
    monkeypatch.setattr(
        prepare_module,
        "measure_speed",
        lambda tried, _: {1: one, 4: four}[tried.training.threads],
    )
    fitted = prepare_module.fit_into_minutes(
        draft, 1.0, finished.train, recorder
    )
    training = fitted.training
    assert (training.threads, training.tokens) == (threads, tokens)
    ((line,),) = recorder.of("noted")
    assert ("a second in one thread: " in line) == (threads == 1)
    assert replace(training, threads=4, tokens=1) == replace(
        draft.training, tokens=1
    )


def test_a_twin_has_threads_of_its_own(
    finished, recipe, recorder, monkeypatch
):
    training = replace(recipe.training, threads=4, backend="numpy")
    monkeypatch.setattr(
        prepare_module,
        "measure_speed",
        lambda tried, _: {4: 20.0}[tried.training.threads],
    )
    fitted = prepare_module.fit_into_minutes(
        replace(recipe, training=training), 1.0, finished.train, recorder
    )
    assert fitted.training.threads == 4


def test_speed_is_tokens_a_second(recipe, finished, monkeypatch):
    """Steps of one second each, but for a slow one at first."""
    clock = {"now": 0.0, "steps": 0}

    def take_step(state, share, inputs, targets):
        clock["now"] += 50.0 if clock["steps"] == 0 else 1.0
        clock["steps"] += 1
        state.step += 1
        return 0.0

    monkeypatch.setattr(prepare_module, "take_step", take_step)
    monkeypatch.setattr(
        prepare_module.time, "perf_counter", lambda: clock["now"]
    )
    monkeypatch.setattr(prepare_module, "PROBE_SECONDS", 0.0)
    batches = Batches(finished.train.ids, 16, 4, seed=0)
    speed = prepare_module.measure_speed(recipe, batches)
    assert clock["steps"] == 3
    assert speed == pytest.approx(4 * 16 / 1.0)


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
    with pytest.raises(UserError, match=r"is not the text .*fingerprint"):
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

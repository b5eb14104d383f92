from dataclasses import replace

import pytest

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe

RECIPE = Recipe(
    data=DataRecipe(corpus="milton", vocab_size=600),
    model=ModelConfig(vocab_size=600, context=32, dropout=0.1),
    training=TrainingRecipe(tokens=32 * 4 * 100, batch_size=4, seed=7),
)


def test_a_recipe_is_read_back_as_it_was(tmp_path):
    RECIPE.save(tmp_path / "recipe.toml")
    assert Recipe.load(tmp_path / "recipe.toml") == RECIPE


def test_the_budget_makes_the_steps():
    assert RECIPE.num_steps == 100


def test_the_learning_rate_rises_stays_and_falls_to_zero():
    shares = [RECIPE.learning_rate_share(step) for step in range(101)]
    assert shares[:3] == [0.1, 0.2, pytest.approx(0.3)]
    assert shares[9:61] == [1.0] * 52
    # Forty steps from one to zero: a fortieth less each.
    assert shares[80] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(1 / 40)
    assert shares[100] == 0


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("seed = 7", "sed = 7", '"sed"; did you mean "seed"'),
        ("[model]", "[modle]", '"modle"; did you mean "model"'),
        ("seed = 7", 'seed = "7"', "seed in .* must be of type int"),
        ("width = 256", "width = true", "width in .* of type int"),
        ("format = 1", "format = 2", "another format"),
        ("tokens = 12800", "tokens = 0", "tokens is 0"),
        ("seed = 7", "seed = -7", "seed is -7; it must be from 0"),
        ("seed = 7", "seed = 9223372036854775808", "seed is 922"),
        ("batch_size = 4", "batch_size = 0", "batch_size is 0"),
        ("threads = 1", "threads = -1", "threads is -1"),
        ("threads = 1", "threads = 1025", "must be from 1 to 1024"),
        ("decay_share = 0.4", "decay_share = nan", "decay_share is nan"),
        ("decay_share = 0.4", "decay_share = 1.1", "decay_share is 1.1"),
        ("weight_decay = 0.0", "weight_decay = -0.1", "a share from 0"),
        ("token_noise = 0.0", "token_noise = 1.0", "a share from 0"),
        ("weight_decay = 0.0", "weight_decay = nan", "weight_decay is nan"),
        ("warmup_steps = 10", "warmup_steps = -1", "warmup_steps is -1"),
        ("learning_rate = 0.02", "learning_rate = inf", "rate is inf; it"),
        ("learning_rate = 0.01", "learning_rate = 0", "rate is 0.0; it"),
        ("accumulate = 1", "accumulate = 0", "accumulate is 0; it must"),
        (
            "accumulate = 1",
            "accumulate = 3",
            "4 windows makes no 3 equal parts: make accumulate a div",
        ),
        ("loss_chunk = 0", "loss_chunk = -1", "loss_chunk is -1; it must"),
        ("activations = false", "activations = 1", "must be of type bool"),
        ('prompt = "\\n"', 'prompt = ""', "prompt is ''; it must be"),
        ("tokens = 12800\n", "", "tokens"),
        ("[data]", "[data", "no valid TOML"),
    ],
)
def test_a_wrong_recipe_is_one_line_that_names_it(
    tmp_path, before, after, message
):
    path = tmp_path / "recipe.toml"
    RECIPE.save(path)
    content = path.read_text("utf-8")
    assert before in content
    path.write_text(content.replace(before, after), "utf-8")
    with pytest.raises(UserError, match=message) as caught:
        Recipe.load(path)
    assert "\n" not in str(caught.value)


def test_a_recipe_from_before_the_memory_techniques_does_without(tmp_path):
    path = tmp_path / "recipe.toml"
    RECIPE.save(path)
    text = path.read_text("utf-8")
    for line in ("accumulate = 1\n", "checkpoint_activations = false\n",
                 "loss_chunk = 0\n"):  # fmt: skip
        assert line in text
        text = text.replace(line, "")
    path.write_text(text, "utf-8")
    assert Recipe.load(path) == RECIPE


def test_a_whole_number_stands_for_a_share(tmp_path):
    path = tmp_path / "recipe.toml"
    RECIPE.save(path)
    text = path.read_text("utf-8").replace("decay_share = 0.4",
                                           "decay_share = 1")  # fmt: skip
    path.write_text(text, "utf-8")
    assert Recipe.load(path).training.decay_share == 1.0


def test_a_recipe_that_is_not_there_says_so(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        Recipe.load(tmp_path / "recipe.toml")


def test_settings_change_a_recipe():
    changed = RECIPE.changed(
        ["training.seed=8", "model.dropout=0", "data.tokenizer=a/b.json",
         'training.prompt="7"', "model.qk_norm=false"]
    )  # fmt: skip
    assert changed == replace(
        RECIPE,
        data=replace(RECIPE.data, tokenizer="a/b.json"),
        model=replace(RECIPE.model, dropout=0.0, qk_norm=False),
        training=replace(RECIPE.training, seed=8, prompt="7"),
    )
    assert RECIPE.changed([]) == RECIPE


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.sed=7", r'\[training\]: "sed"; did you mean "seed"'),
        ("trainin.seed=7", 'recipe: "trainin"; did you mean "training"'),
        ("training.seed", '"training.seed" sets nothing: write it as in'),
        ("seed=7", '"seed=7" sets nothing'),
        ("training.seed=high", r"seed in \[training\] is 'high'; .* int"),
        ("training.tokens=0", "tokens is 0; it must be a whole number"),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(UserError, match=message):
        RECIPE.changed([setting])

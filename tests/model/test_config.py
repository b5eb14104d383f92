import pytest

from octavo.foundation import UserError
from octavo.model import ModelConfig


def test_a_config_is_made_of_a_mapping_and_unknown_keys_raise():
    config = ModelConfig.from_dict({"vocab_size": 300, "width": 64})
    assert (config.vocab_size, config.width) == (300, 64)
    with pytest.raises(UserError, match='"widht"; did you mean "width"'):
        ModelConfig.from_dict({"vocab_size": 300, "widht": 64})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width is 0; it must be a whole number from 1 to"),
        ({"width": 2**20 + 1}, "width is 1048577"),
        ({"num_layers": 2.0}, r"num_layers is 2\.0"),
        ({"context": True}, "context is True"),
        ({"num_heads": 4, "num_kv_heads": 3}, "cannot share 3"),
        ({"head_width": 7}, "must be even"),
        ({"dropout": 1.0}, r"dropout is 1\.0"),
        ({"dropout": -0.1}, r"dropout is -0\.1"),
        ({"norm_epsilon": 0}, "norm_epsilon is 0; .* a number above zero"),
        ({"norm_epsilon": float("nan")}, "norm_epsilon is nan"),
        ({"rope_base": "10"}, "rope_base is '10'"),
        ({"rope_base": 10**400}, "rope_base is 1000"),
        ({"qk_norm": 1}, "qk_norm is 1; it must be true or false"),
        ({"norm": "layers"}, '"layers"; did you mean "layer"'),
        ({"positions": "rotory"}, '"rotory"; did you mean "rotary"'),
        ({"mlp": "relu"}, 'unknown mlp: "relu"; did you mean "gelu"'),
        ({"mlp": "xyz"}, 'unknown mlp: "xyz"; known: swiglu, gelu'),
    ],
)
def test_values_that_do_not_fit_raise(change, message):
    with pytest.raises(UserError, match=message):
        ModelConfig(**({"vocab_size": 10} | change))


def test_only_rotary_positions_need_pairs():
    config = ModelConfig(vocab_size=10, head_width=7, positions="none")
    assert config.head_width == 7


def test_a_whole_number_stands_for_a_share():
    config = ModelConfig(vocab_size=10, dropout=0, rope_base=500)
    assert (config.dropout, config.rope_base) == (0.0, 500.0)
    assert type(config.dropout) is type(config.rope_base) is float

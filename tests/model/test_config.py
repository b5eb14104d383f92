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
        ({"width": 0}, "width is 0"),
        ({"num_layers": 2.0}, "num_layers is 2.0"),
        ({"context": True}, "context is True"),
        ({"num_heads": 4, "num_kv_heads": 3}, "cannot share 3"),
        ({"head_width": 7}, "must be even"),
        ({"dropout": 1.0}, "dropout is 1.0"),
    ],
)
def test_sizes_that_do_not_fit_raise(change, message):
    with pytest.raises(UserError, match=message):
        ModelConfig(**({"vocab_size": 10} | change))

"""Whoever watches may leave out whatever they do not care for."""

from octavo.training import Moment, Watcher, train


def test_the_plain_watcher_hears_all_and_says_nothing(new_run, capfd):
    assert train(new_run(), Watcher()) is not None
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_one_may_listen_to_a_single_thing(new_run):
    class Losses(Watcher):
        def __init__(self) -> None:
            self.steps: list[int] = []

        def stepped(self, moment: Moment) -> None:
            self.steps.append(moment.step)

    losses = Losses()
    train(new_run(), losses)
    assert losses.steps == list(range(1, 25))

import signal

import pytest

from octavo.foundation.interrupts import stop_requests


def test_the_first_interrupt_asks_and_the_second_one_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with stop_requests() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before

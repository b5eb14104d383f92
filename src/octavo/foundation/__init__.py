"""What every chapter needs: errors, safe files, progress, drawings."""

from octavo.foundation.errors import (
    UserError,
    check_known,
    check_seed,
    did_you_mean,
)

__all__ = ["UserError", "check_known", "check_seed", "did_you_mean"]

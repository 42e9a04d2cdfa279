"""A stage whose module imports pandas at the top."""

from __future__ import annotations

import pandas as pd
from sound_stages import Centre


class HeavyImport(Centre):
    """Loads pandas as soon as its module is imported."""

    id = "broken.import_is_light"
    library = pd.__name__

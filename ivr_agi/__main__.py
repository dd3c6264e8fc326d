"""``python -m ivr_agi`` is ``ivr-agi``."""

import sys

from ivr_agi.cli import main

sys.exit(main())

"""A speech IVR for Asterisk in one dialplan line: ``EAGI(ivr-agi,main_menu)``.

The rooms of the package and the direction of imports are in ``docs/design.md``.
"""

__all__ = ("__version__",)

__version__ = "0.1.0.dev0"

"""English: what people say around their name and address. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_ADDRESS_CARRIERS", "EN_NAME_CARRIERS", "EN_NAME_ENDS")

EN_NAME_CARRIERS = (
    *("my name is", "my full name is", "the name is", "name is", "my name's", "the name's"),
    *("this is", "it's", "it is", "i'm", "i am", "you are speaking to", "you're speaking to"),
    *("you can call me", "call me", "they call me", "speaking is", "my last name is"),
    *("my first name is", "my surname is", "that's", "that is", "yes", "yeah", "um", "uh", "er"),
    *("hello", "hi", "well", "okay", "ok", "oh", "so", "sure", "please", "and", "under"),
)
"""Before a name; the longest that fits is taken, again and again."""
EN_NAME_ENDS = ("speaking", "please", "thanks", "thank you", "here", "is my name", "that's it")
EN_ADDRESS_CARRIERS = (
    *("my address is", "the address is", "address is", "i live at", "i live in", "we live at"),
    *("we live in", "i'm at", "it's", "it is", "that's", "that is", "send it to", "deliver to"),
    *("deliver it to", "ship it to", "please send it to", "it should go to", "um", "uh", "er"),
    *("yes", "yeah", "well", "okay", "ok", "oh", "so", "sure", "please", "hello", "hi"),
)

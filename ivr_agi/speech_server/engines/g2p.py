"""Pronunciations for the en-us acoustic model from espeak-ng's phonemes: any word, no dictionary.

English is as good as cmudict on the measured sets. Mandarin is spelt with English phones, without
tones but with alternatives: good enough for development, and no more (``engines.md`` 4.6).
Core: tables and string work, no I/O.
"""

from __future__ import annotations

import itertools
import re

__all__ = ("english_phones", "mandarin_phones")

# espeak mnemonic -> ARPABET. Others are read piece by piece, longest first.
ENGLISH = {
    "aI@": "AY ER", "aI3": "AY ER", "aU@": "AW ER", "i@3": "IH R", "i@": "IY AH", "I@": "IH R",
    "e@": "EH R", "A@": "AA R", "O@": "AO R", "o@": "AO R", "U@": "UH R", "3:": "ER", "A:": "AA",
    "O:": "AO", "O2": "AO", "i:": "IY", "u:": "UW", "aI": "AY", "aU": "AW", "eI": "EY",
    "oU": "OW", "OI": "OY", "tS": "CH", "dZ": "JH", "T": "TH", "D": "DH", "S": "SH", "Z": "ZH",
    "N": "NG", "a#": "AH", "I#": "IH", "I2": "IH", "@L": "AH L", "@2": "AH", "@5": "AH",
    "3": "ER", "@": "AH", "a": "AE", "aa": "AE", "E": "EH", "I": "IH", "i": "IY", "V": "AH",
    "0": "AA", "U": "UH", "u": "UW", "O": "AO", "A": "AA", "t#": "T", "r": "R", "j": "Y",
    "w": "W", "h": "HH", "b": "B", "d": "D", "f": "F", "g": "G", "k": "K", "l": "L", "m": "M",
    "n": "N", "p": "P", "s": "S", "t": "T", "v": "V", "z": "Z", "?": "", "n-": "AH N",
    "l^": "L", "r-": "R", "x": "K", "3r": "ER", "t2": "T", "d#": "D", "z#": "Z", "O@r": "AO R",
    "oU#": "OW", "E#": "EH", "@-": "AH",
}  # fmt: skip

# Mandarin syllables: an initial, then finals; each with the English phones it may sound like.
INITIALS = {
    "tS;h": ("CH",), "tS;": ("JH",), "ts.h": ("CH",), "ts.": ("JH",), "tsh": ("T S",),
    "ts": ("D Z", "Z"), "S;": ("SH",), "s.": ("SH",), "z.": ("R", "ZH"), "ph": ("P",),
    "th": ("T",), "kh": ("K",), "p": ("B", "P"), "t": ("D", "T"), "k": ("G", "K"), "X": ("HH",),
    "x": ("HH",), "f": ("F",), "m": ("M",), "n": ("N",), "l": ("L",), "s": ("S",),
    "j": ("Y", ""), "w": ("W", ""),
}  # fmt: skip
FINALS = {
    "iou": ("Y OW", "IY OW"), "uei": ("W EY",), "uai": ("W AY",), "iAu": ("Y AW",),
    "iɑu": ("Y AW",), "ua": ("W AA",), "uA": ("W AA",), "uo": ("W AO", "AO"), "u@": ("W AH",),
    "iE": ("Y EH",), "iA": ("Y AA",), "ia": ("Y AA",), "iɑ": ("Y AA",), "y@": ("Y UW", "UW"),
    "yE": ("Y UW EH", "W EH"), "yi": ("Y UW",), "Au": ("AW",), "ai": ("AY",), "ei": ("EY",),
    "ou": ("OW",), "ong": ("UH NG", "AO NG", "OW NG"), "@r": ("AA R", "ER"),
    "i[": ("IH", "UH", "AH"), "i.": ("ER", "R", "IH"), "o-": ("AH", "UH", "AO"), "o": ("AO",),
    "E": ("EH",), "@": ("AH",), "A": ("AA",), "a": ("AA", "AE"), "i": ("IY",),
    "u": ("UW", "UH"), "y": ("Y UW", "IY", "UW"), "N": ("NG",), "n": ("N",),
}  # fmt: skip

MOST_ALTERNATIVES = 24
_LONGEST_MNEMONIC = max(map(len, ENGLISH))
_ENGLISH_MARKS = re.compile(r"[',%=|]|\([\w-]+\)")  # stress, borders, changes of language
_LANGUAGE = re.compile(r"\(([\w-]+)\)")  # "(en)" before what is spoken as English, "(cmn)" after
_MANDARIN_MARKS = re.compile(r"[',|_0-9#]")  # also the tones
_SEPARATORS = re.compile(r"[_ ]+")


def english_phones(phonemes: str) -> str:
    """Return the ARPABET of espeak's ``en-us`` phonemes, e.g. ``"j_'E_s"`` -> ``"Y EH S"``.

    Unknown mnemonics are left out: a word without one phone is better than no word.
    """
    phones: list[str] = []
    for token in _SEPARATORS.split(_ENGLISH_MARKS.sub("", phonemes)):
        rest = token
        while rest:
            for length in range(min(_LONGEST_MNEMONIC, len(rest)), 0, -1):
                if rest[:length] in ENGLISH:
                    phones.append(ENGLISH[rest[:length]])
                    break
            rest = rest[length:]
    return " ".join(filter(None, phones))


def mandarin_phones(phonemes: str) -> list[str]:
    """Return ARPABET alternatives (up to 24, best first) of espeak's ``cmn`` phonemes."""
    alternatives: list[list[str]] = []
    for index, part in enumerate(_LANGUAGE.split("(cmn)" + phonemes)[1:]):
        if index % 2 == 0:
            language = part
        elif language == "cmn":
            tokens = (_MANDARIN_MARKS.sub("", token) for token in _SEPARATORS.split(part))
            alternatives += [_mandarin_token(token) for token in tokens if token]
        else:
            alternatives.append([english_phones(part)])
    spelt = (" ".join(filter(None, choice)) for choice in itertools.product(*alternatives))
    distinct = dict.fromkeys(filter(None, itertools.islice(spelt, 400)))
    return list(itertools.islice(distinct, MOST_ALTERNATIVES))


def _mandarin_token(token: str) -> list[str]:
    """Return the alternatives of one espeak token: an initial, a final, or both."""
    for table in (INITIALS, FINALS):
        if token in table:
            return list(table[token])
    for table in (INITIALS, FINALS):
        for key, heads in table.items():
            if token.startswith(key):
                tails = _mandarin_token(token[len(key) :])
                return [f"{head} {tail}".strip() for head in heads for tail in tails]
    return [english_phones(token)]  # not Mandarin after all

"""espeak phonemes to ARPABET."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.g2p import (
    ENGLISH,
    FINALS,
    INITIALS,
    MOST_ALTERNATIVES,
    english_phones,
    mandarin_phones,
)

PHONES = frozenset(
    """AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V
    W Y Z ZH""".split()
)


def test_tables_use_the_models_phones_only() -> None:
    """A phone that the model does not have would fail when a word is added."""
    spelt = [*ENGLISH.values()]
    for table in (INITIALS, FINALS):
        spelt += [each for alternatives in table.values() for each in alternatives]
    assert {phone for each in spelt for phone in each.split()} <= PHONES


@pytest.mark.parametrize(
    ("phonemes", "phones"),
    [
        ("j_'E_s", "Y EH S"),
        ("t2_'E_k_n_I_k_@L s_@_p_'o@_t", "T EH K N IH K AH L S AH P AO R T"),
        ("w_'V_n", "W AH N"),
        ("D_@2", "DH AH"),
        ("k_'a_n_t", "K AE N T"),
        (",eI_b_,i:_s_'i:", "EY B IY S IY"),
        ("tSaI@", "CH AY ER"),
        ("(fr)_b_O_n_(en)", "B AO N"),
        ("D_I2_;", "DH IH"),
        ("", ""),
        ("|", ""),
    ],
)
def test_english(phonemes: str, phones: str) -> None:
    """Stress and borders go, mnemonics are read longest first, unknown ones are left out."""
    assert english_phones(phonemes) == phones


@pytest.mark.parametrize(
    ("phonemes", "best", "count"),
    [
        ("s._'i.51__|", "SH ER", 3),
        ("p_'A55__|", "B AA", 2),
        ("z._'@35_n__| k_'ong55__|", "R AH N G UH NG", 12),
        ("(en)_v_'I_p_(cmn)__| kh_'o-51__| f_'u35__|", "V IH P K AH F UW", 6),
        ("", None, 0),
    ],
)
def test_mandarin(phonemes: str, best: str | None, count: int) -> None:
    """Tones go, alternatives stay; Latin words inside are spoken as English."""
    found = mandarin_phones(phonemes)
    assert len(found) == count
    assert (found[0] if found else None) == best


def test_long_words_do_not_explode() -> None:
    """Alternatives multiply; only the first are made."""
    assert len(mandarin_phones("k_'ong55__| " * 30)) == MOST_ALTERNATIVES


def test_every_mandarin_syllable_can_be_spelt() -> None:
    """Each initial with each final, as one token and as two."""
    for initial in INITIALS:
        for final in FINALS:
            assert mandarin_phones(f"{initial}{final}55")
            assert mandarin_phones(f"{initial}_{final}55")

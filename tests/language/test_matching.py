"""Which choice words and keys mean."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.flow.run.options import Option
from ivr_agi.language.matching import (
    Bands,
    Confusable,
    Decision,
    Match,
    Scored,
    confusable_pairs,
    match,
    match_key,
    match_words,
    rank,
)

CHOICES = [
    Option(words=["account balance", "balance"], key="1", value="a"),
    Option(words=["technical support", "support"], key="2", value="b"),
    Option(words=["人工", "人工 客服"], key="0", value="c"),
    Option(words=["don't know"], value="d"),
    Option(words=[], key="9", value="e"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account balance", "a"),
        ("Account Balance!", "a"),
        ("my balance, please", "a"),
        ("I need technical support.", "b"),
        ("technical support or balance", None),
        ("imbalance", None),
        ("我要人工服务", "c"),
        ("人工客服。", "c"),
        ("ＢＡＬＡＮＣＥ", "a"),
        ("i don't know", "d"),
        ("weather", None),
        ("", None),
    ],
)
def test_match_words(text: str, expected: str | None) -> None:
    """Only what is sure; a phrase inside a longer one is no rival, another one is."""
    choice = match_words(text, CHOICES)
    assert (choice and choice.value) == expected


def test_two_phrases_are_asked_about() -> None:
    """Nobody guesses for the caller."""
    choices = [Option(words=["yes"], value="a"), Option(words=["nay"], value="b")]
    assert match_words("yes nay", choices) is None
    assert match("yes nay", choices).decision is Decision.CONFIRM


def test_match_key() -> None:
    """Keys are exact."""
    assert [match_key(key, CHOICES) for key in "19#"] == [CHOICES[0], CHOICES[4], None]


@dataclass(frozen=True)
class One:
    """A choice without a flow."""

    words: tuple[str, ...]
    key: str | None = None


def menu(*phrases: str) -> list[One]:
    """Return choices; ``|`` between the phrases of one."""
    return [One(tuple(words.split("|"))) for words in phrases]


ACCEPT, CONFIRM, NO = Decision.ACCEPT, Decision.CONFIRM, Decision.NO_MATCH

HEARD_WRONG = [
    # Chinese homophones and accents: phrase, what recognition wrote
    *(
        (*pair.split("/"), ACCEPT)
        for pair in (
            "客服/克服 余额/鱼鹅 人工/仁公 转账/赚账 缴费/交费 预约/遇月 挂号/刮号 密码/迷马 北京/背景 投诉/头数 "
            "挂失/挂师 充值/从之 流量/牛量 南方/蓝方 银行/英航 信用卡/新用卡 宽带/款待 账单/帐单 理财/李才 贷款/代款 "
            "英语/英雨 中文/钟文 开户/开互 销户/消户 套餐/讨参 话费/画费 快递/块弟 退款/推款 退货/腿祸 发票/法票 物流/误流 "
            "保险/报险 理赔/李陪 医保/衣宝 社保/设保 门诊/门疹 住院/祝愿 外科/歪科 儿科/而科 专家/赚家 电费/店费 "
            "水费/睡费 燃气/然起 停电/挺店 故障/古丈 报修/抱修 网络/往落 会员/汇元 积分/鸡分 优惠/有会"
        ).split()
    ),
    # English homophones and near misses
    ("support", "sport", ACCEPT), ("technical support", "technical sport", ACCEPT),
    ("balance", "ballance", ACCEPT), ("two", "to", ACCEPT), ("two", "too", ACCEPT),
    ("four", "for", ACCEPT), ("one", "won", ACCEPT), ("eight", "ate", ACCEPT),
    ("account balance", "a count balance", ACCEPT), ("support", "sup port", ACCEPT),
    ("representative", "representatives", ACCEPT), ("pharmacy", "farmacy", ACCEPT),
    ("weather", "whether", ACCEPT), ("mail", "male", CONFIRM),
    # near: worth a question
    ("sales", "cells", CONFIRM), ("sales", "sails", CONFIRM), ("balance", "ballots", CONFIRM),
    ("operator", "operators", CONFIRM), ("lost card", "lost cart", CONFIRM), ("billing", "building", CONFIRM),
    ("agent", "urgent", CONFIRM), ("account", "amount", CONFIRM), ("bill", "ball", CONFIRM),
    ("cards", "cars", CONFIRM), ("repeat", "report", CONFIRM), ("technical support", "technical report", CONFIRM),
    ("四", "十", CONFIRM), ("十", "四", CONFIRM), ("十", "石", CONFIRM), ("客服", "客户服务", CONFIRM),
]  # fmt: skip

DIFFERENT = [
    tuple(pair.split("/"))
    for pair in (
        "转账/转让 账单/账户 缴费/消费 贷款/存款 贷款/还款 理财/理赔 信用卡/银行卡 查询/咨询 开户/销户 人工/员工 余额/金额 "
        "挂失/开户 挂号/号码 儿科/外科 电费/水费 宽带/贷款 投诉/投保 一/三 四/五 六/八 退款/退货 内科/牙科 客服/衣服 是/否 "
        "sales/support agent/account loan/phone yes/guess payment/statement order/other card/loss "
        "balance/transfer two/three one/five credit/debit english/spanish doctor/pharmacy help/agent "
        "billing/shipping claims/sales yes/no"
    ).split()
]


@pytest.mark.parametrize(("phrase", "heard", "expected"), HEARD_WRONG)
def test_real_confusions(phrase: str, heard: str, expected: Decision) -> None:
    """A homophone is taken, a near miss is asked about."""
    choices = menu(phrase, "天文馆", "museum")
    found = match(heard, choices)
    assert found.best
    assert (found.best.phrase, found.decision) == (phrase, expected)


@pytest.mark.parametrize(("phrase", "heard"), DIFFERENT)
def test_different_words_do_not_match(phrase: str, heard: str) -> None:
    """Not even as a question."""
    assert match(heard, menu(phrase)).decision is NO
    assert match(phrase, menu(heard)).decision is NO


@pytest.mark.parametrize(("phrase", "heard", "decision"), HEARD_WRONG)
def test_the_right_word_beats_a_near_one(phrase: str, heard: str, decision: Decision) -> None:
    """Said exactly, it is the best; homophones in one menu are asked about."""
    found = match(phrase, menu(heard, phrase))
    assert found.best
    assert found.best.phrase == phrase
    assert found.decision is not NO


ENGLISH = menu(
    "account balance|balance", "technical support|support", "sales", "agent|operator|representative",
    "two|2", "card loss|lost card",
)  # fmt: skip
CHINESE = menu(
    "人工|人工客服|客服",
    "余额|查余额",
    "转账",
    "四|4",
    "十|10",
    "挂失",
    "是|是的",
    "否|不是",
    "一百元",
)


@pytest.mark.parametrize(
    ("text", "phrase", "decision"),
    [
        ("i want to check my account balance", "account balance", ACCEPT),
        ("um, can i speak to an agent please", "agent", ACCEPT),
        ("i lost my card", "lost card", ACCEPT), ("2", "two", ACCEPT), ("２", "two", ACCEPT),
        ("number two", "two", ACCEPT), ("Sales!", "sales", ACCEPT),
        ("technical support or sales", "technical support", CONFIRM),
        ("i don't want an agent", None, NO), ("not sales", None, NO),
        ("not sales i want my balance", "balance", ACCEPT), ("i want to go home", None, NO),
        ("yes", None, NO), ("...", None, NO), ("please", None, NO),
    ],
)  # fmt: skip
def test_english_sentences(text: str, phrase: str | None, decision: Decision) -> None:
    """Phrases among other words."""
    found = match(text, ENGLISH)
    assert found.decision is decision
    if phrase:
        assert found.best
        assert phrase in found.best.choice.words


@pytest.mark.parametrize(
    ("text", "phrase", "decision"),
    [
        ("我要转人工", "人工", ACCEPT), ("麻烦帮我查一下余额，谢谢。", "余额", ACCEPT), ("我要克服", "客服", ACCEPT),
        ("人工客服", "人工客服", ACCEPT), ("四", "四", ACCEPT), ("4", "四", ACCEPT), ("４。", "四", ACCEPT),
        ("10", "十", ACCEPT), ("一百元", "一百元", ACCEPT), ("100元", "一百元", ACCEPT), ("不是", "不是", ACCEPT),
        ("是", "是", ACCEPT), ("嗯是的", "是的", ACCEPT), ("四月份的账单", "四", CONFIRM),
        ("余额和挂失", "余额", CONFIRM), ("不要人工", None, NO), ("别转人工", None, NO), ("今天天气怎么样", None, NO),
        ("转 嗯 账", "转账", ACCEPT), ("", None, NO),
    ],
)  # fmt: skip
def test_chinese_sentences(text: str, phrase: str | None, decision: Decision) -> None:
    """Without blanks, with fillers, numerals and negations."""
    found = match(text, CHINESE)
    assert found.decision is decision
    if phrase:
        assert found.best
        assert phrase in found.best.choice.words


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [("二", "两"), ("二", "2"), ("2", "二"), ("一", "幺"), ("12", "十二"), ("12", "twelve"), ("十二号线", "12号线"),
     ("一二三零六", "12306"), ("12306", "一二三零六"), ("twenty three", "23"), ("one two three", "123"),
     ("option 4", "four"), ("〇", "零")],
)  # fmt: skip
def test_numbers_in_words_and_digits(phrase: str, heard: str) -> None:
    """They are the same, in either language."""
    assert match(heard, menu(phrase)).decision is ACCEPT


def test_best_and_second() -> None:
    """Both are told, for the question and for the tester."""
    found = match("sails", menu("sales", "sail", "weather"))
    assert found.best
    assert found.second
    assert {found.best.phrase, found.second.phrase} == {"sales", "sail"}
    assert found.best.score >= found.second.score
    assert found.decision is CONFIRM


def test_bands() -> None:
    """Set by the flow."""
    choices = menu("sales")
    assert match("cells", choices, bands=Bands(accept=0.8)).decision is ACCEPT
    assert match("cells", choices, bands=Bands(confirm=0.9, accept=0.95)).decision is NO
    assert match("sales", menu("sales", "sales"), bands=Bands(margin=0)).decision is ACCEPT


def test_accent_cost() -> None:
    """A strict menu hears the difference of zh and z."""
    assert match("藏单", menu("账单")).decision is ACCEPT
    assert match("藏单", menu("账单"), accent_cost=4).decision is not ACCEPT


def test_nothing_heard_is_no_match() -> None:
    """Nor is anything like no choices at all."""
    assert match("", ENGLISH) == Match(NO)
    assert match("sales", []) == Match(NO)
    assert rank("sales", menu("sales")) == [Scored(menu("sales")[0], "sales", 1.0)]


def test_confusable_pairs() -> None:
    """What a caller or the service will mix up; most alike first."""
    choices = menu(
        "四", "十", "sales", "cells|余额", "缴费", "交费", "天文馆", "support", "technical support"
    )
    pairs = [(pair.first, pair.second) for pair in confusable_pairs(choices)]
    assert pairs == [("缴费", "交费"), ("sales", "cells"), ("四", "十")]


def test_equal_words_in_two_choices() -> None:
    """The worst of all."""
    assert confusable_pairs(menu("a1|sales", "sales")) == [Confusable("sales", "sales", 0, 1, 1.0)]
    assert confusable_pairs(menu("sales|sales")) == []


@given(
    st.one_of(
        st.text(max_size=20),
        st.lists(
            st.sampled_from("转账 余额 克服 不要 我 sport two 2 100 cells um 四 not".split())
        ).map("".join),
        st.lists(
            st.sampled_from("转账 余额 克服 不要 我 sport two 2 100 cells um 四 not".split())
        ).map(" ".join),
    )
)
def test_scores_are_in_order(text: str) -> None:
    """Whatever is heard: from 0 to 1, best first, and nothing raises."""
    scores = [scored.score for scored in rank(text, [*ENGLISH, *CHINESE])]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)

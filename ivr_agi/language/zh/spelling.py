"""Chinese: letters as callers spell them, and the words of an e-mail address. Data. No I/O."""

from __future__ import annotations

__all__ = ("ZH_EMAIL_RULES", "ZH_SPELLING_RULES")

ZH_SPELLING_RULES = """
letter:
    (字母|大写|大写的|小写|小写的|英文字母|大写字母|小写字母|英文) <letter_name>
    <zh_nonzero> 个 <letter_name>               -> repeat $1 $2
    {1} 个 <letter_name>                        -> repeat $1 $2
    双 <letter_name>                            -> repeat 2 $1
spell_filler:
    (订单号|编号|预订号|预约号|确认码|护照号|护照号码|序列号|型号|兑换码|邀请码|编码|代码) [是|为]
    (我的|我) (订单号|编号|预订号|预约号|确认码|护照号|护照号码|序列号|兑换码|邀请码) [是|为]
    (邮箱|邮箱地址|电子邮箱|邮件地址|电子邮件) [是|为]
    我的 (邮箱|邮箱地址|电子邮箱|邮件地址) [是|为]
    全部 (大写|小写) | 都是 (大写|小写) | (大写|小写) 的
"""

ZH_EMAIL_RULES = """
email_at:
    艾特 | 圈 a | 小老鼠 | 花 a | at 符号
email_dot:
    点=.
email_sign:
    下划线=_ 下横线=_ 减号=- 横杠=- 中横线=- 横线=- 短横=- 加号=+
email_domain:
    网易=163 新浪=sina
"""

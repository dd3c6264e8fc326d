"""Chinese words of forms, of corrections and of listening along. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("ZH_BACKCHANNELS", "ZH_FORM_RULES", "ZH_PLACE_RULES")

ZH_BACKCHANNELS = tuple(
    "嗯 嗯嗯 嗯哼 哦 噢 啊 好 好的 好吧 好好 对 对对 是 是的 是是 行 明白 明白了 知道 知道了 "
    "了解 清楚 这样啊 这样 原来如此 没错 哎 诶 唉 嗯好 哦好 好嘞 呃".split()
)
"""What people say while they listen. It ends no prompt, unless it is an answer there."""

ZH_FORM_RULES = """
mark_number_before:                             # words that say of which kind a value is
    一共 | 总共
mark_number_after:
    个人 | 人 | 位 | 位客人 | 个大人 | 个小孩 | 个孩子 | 个老人 | 个儿童 | 个朋友
    名 | 口人 | 张 | 间 | 晚 | 个
mark_time_before:
    时间是
mark_date_before:
    日期是
mark_money_before:
    转 | 转账 | 汇 | 汇款 | 付 | 支付 | 金额 [是] | 存 | 取
mark_money_after:
    人民币
mark_row_after:
    的卡 | 的账户 | 的账号 | 的银行卡
mark_row_before:
    尾号 [是|为] | 账号 [是|为] | 卡号 [是|为] | 账户 [是|为] | 号码 [是|为] | 手机 [号] [是|为]
    电话 [号码] [是|为] | 后四位 [是|为] | 末四位 [是|为]
name_number:                                    # what callers call a value, unless the flow says so
    数量 | 人数 | 几个
name_date:
    日期 | 日子 | 哪天 | 哪一天
name_time:
    时间 | 几点 | 钟点
name_money:
    金额 | 钱数 | 数目 | 多少钱
name_row:
    号码 | 账号 | 卡号 | 尾号
form_article:
    这个 | 那个 | 我的 | 您的
form_filler:                                    # what a form is for
    [个|一个|一张|一桌] (位子|位置|座位|桌子|包间|包厢|饭|座) | 都 | 的话 | 全部 | 两个都 | 账 | 钱
form_but:
    但是 | 不过 | 可是 | 只是 | 但
form_becomes:                                   # between the name and the new value
    是 | 应该是 | 改成 | 改为 | 改到 | 换成 | 换到 | 变成 | 要改成 | 不对是 | 不对应该是 | 为 | 到
    要 | 错了是 | 错了应该是 | 不对 | , | 我要改成 | 我说的是 | 请改成 | 给我改成 | 帮我改成
form_change:                                    # something is to be changed, or is wrong
    改 | 改一下 | 修改 | 更改 | 更正 | 换 | 换一下 | 变更 | 我要改 | 我想改 | 要改 | 想改 | 重新说
    不对 | 错了 | 有误 | 不正确 | 有问题 | 弄错了 | 说错了 | 听错了 | 不是这个 | 搞错了 | 请改
    帮我改 | 其他 [的] [都] 对 | 其他没问题 | 其余 [的] [都] 对 | 需要改 | 需要修改 | 应该是 | 改成
    改为 | 把
"""

ZH_PLACE_RULES = """
zh_place_word:
    个 | 项 | 种 | 条 | 选项 | 个选项 | 家 | 位
place:                                          # a choice by its place in the list
    第一 [<zh_place_word>]                      -> 1
    第二 [<zh_place_word>]                      -> 2
    第三 [<zh_place_word>]                      -> 3
    第四 [<zh_place_word>]                      -> 4
    第五 [<zh_place_word>]                      -> 5
    第六 [<zh_place_word>]                      -> 6
    第七 [<zh_place_word>]                      -> 7
    第八 [<zh_place_word>]                      -> 8
    第九 [<zh_place_word>]                      -> 9
    第 {1} [<zh_place_word>]                    -> $1
    最后 [一] <zh_place_word>                   -> last
    最后一 <zh_place_word>                      -> last
    (头|首) 一 <zh_place_word>                  -> 1
place_filler:
    我要 | 我想要 | 我选 | 选 | 选择 | 就 | 要 | 请 | 给我 | 那个 | 那 | 吧 | 呢 | 啊 | 嗯 | 呃
    谢谢 | 的 | 我想选 | 我说的是 | 是 | 好 | 好的 | 那就 | 就要 | 了 | 帮我选
exclude:                                        # all but what follows
    除了 | 除去 | 除开 | 除 | 排除
exclude_filler:
    以外 | 之外 | 以外的 | 之外的 | 都行 | 都可以 | 都要 | 都好 | 其他的 | 别的 | 其他 | 哪个都行
    随便 | 我要 | 我想要 | 的 | 吧 | 啊 | 呢 | 嗯 | 都 | 谢谢 | 请 | 外
end_part:                                       # a correction of the end of what was said
    最后 (一位|一个|一个数|一位数) [应该] 是 | (末位|尾数) [应该] 是
    最后 (两位|两个|二位|三位|三个|四位|四个) [应该] 是 | (后两位|后三位|后四位|末四位) [应该] 是
"""

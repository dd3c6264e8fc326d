"""Chinese lengths of time. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("ZH_DURATION_RULES",)

ZH_DURATION_RULES = """
zh_time_unit:
    秒=second 秒钟=second 分钟=minute 分=minute 小时=hour 个小时=hour 钟头=hour 个钟头=hour
    个钟=hour
    天=day 日=day 晚=day 个晚上=day 晚上=day 夜=day 周=week 星期=week 个星期=week 礼拜=week
    个礼拜=week 刻钟=quarter
zh_unit_of:                                     # with 个
    小时=hour 钟头=hour 星期=week 礼拜=week
zh_how_many:
    <zh_1_99> | <zh_100s> | <zh_1000s> | <zh_figure> | <zh_decimal>
    <zh_pair>
    零=0
duration:
    <zh_span_said>
    <zh_span_said> (左右|上下|多|前后)          -> $1 ~
    <zh_how_many> <zh_time_unit> [零|又|加|,] <zh_span_rest> -> span $1 $2 $3
    <zh_how_many> (到|至|或|或者) <zh_how_many> <zh_time_unit> -> span $1 $3
    <zh_how_many> (到|至|或|或者) <zh_how_many> <zh_time_unit> -> span $2 $3
    <zh_how_many> 多 <zh_time_unit>             -> span $1 $2 ~
    <zh_how_many> 个多 <zh_unit_of>             -> span $1 $2 ~
zh_span_rest:                                   # of at most four parts
    <zh_span_said>
    <zh_how_many> <zh_time_unit> [零|又|加|,] <zh_span_last> -> span $1 $2 $3
zh_span_last:
    <zh_span_said>
    <zh_how_many> <zh_time_unit> [零|又|加|,] <zh_span_said> -> span $1 $2 $3
zh_span_said:
    <zh_how_many> <zh_time_unit>                -> span $1 $2
    <zh_how_many> 个半 <zh_unit_of>             -> half_more $1 $2
    <zh_how_many> <zh_time_unit> 半             -> half_more $1 $2
    半 <zh_time_unit>                           -> half_more 0 $1
    半个 <zh_unit_of>                           -> half_more 0 $1
    <zh_how_many> 小时 <zh_10_99>               -> hours_minutes $1 $2
    一整天                                      -> 86400
duration_filler:
    时长 [是] | 时间 [是] | 需要 | 大约需要 | 停 | 住 | 待 | 呆 | 停车 | 住宿 | 的时间 | 用了 | 花了
    就够了 | 长 | 那么长 | 吧 | 开会 | 会议
"""

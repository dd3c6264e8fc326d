"""Chinese dates and times of day. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("ZH_DATE_RULES", "ZH_MONTH_RULES", "ZH_TIME_RULES")

ZH_DATE_RULES = """
zh_week:
    周=0 星期=0 礼拜=0
zh_weekday_number:
    一=0 二=1 三=2 四=3 五=4 六=5 日=6 天=6 1=0 2=1 3=2 4=3 5=4 6=5
zh_weekday:
    周 <zh_weekday_number>                      -> $1
    星期 <zh_weekday_number>                    -> $1
    礼拜 <zh_weekday_number>                    -> $1
zh_which:
    下=next 下个=next 下下=next2 下下个=next2 上=last2 上个=last2 这=this2 这个=this2 本=this2
    上上=last3 上上个=last3 下一个=next
zh_day_number:
    <zh_1_99> | {1-2}
zh_month:
    <zh_1_99> 月 [份]                           -> $1
    {1-2} 月 [份]                               -> $1
    元月                                        -> 1
    (幺二月|一二月)                             -> 12
    (幺幺月|一一月)                             -> 11
    (幺零月|一零月)                             -> 10
zh_year:
    {4} 年                                      -> $1
    <zh_digit> <zh_digit> <zh_digit> <zh_digit> 年 -> join $1 $2 $3 $4
    {2} 年                                      -> year_of_century $1
    <zh_digit> <zh_digit> 年                    -> year_in_century $1 $2
    (<zh_1000s>) 年                             -> $1
    今年=+0
    明年=+1 去年=-1 后年=+2 前年=-2 大前年=-3 大后年=+3 本年=+0
zh_month_day:
    <zh_month> [的] <zh_day_number> [日|号|那天] -> date none $1 $2
    <zh_month> [的] <zh_pair> [日|号]           -> date none $1 $2
    {1-2} ~. {1-2}                              -> short_slashes $1 $2 ?
zh_two_digits:
    <zh_digit> <zh_digit>                       -> join $1 $2
zh_full:
    <zh_year> [的] <zh_month_day>               -> in_year $2 $1
    <zh_two_digits> <zh_two_digits> <zh_two_digits> <zh_two_digits> -> packed_digits $1 $2 $3 $4
zh_calendar:
    <zh_month_day> | <zh_full>
    (圣诞节|圣诞)                               -> date none 12 25
    平安夜                                      -> date none 12 24
    元旦 [节]                                   -> date none 1 1
    (国庆节|国庆)                               -> date none 10 1
    (劳动节|五一节|五一劳动节|五一)                                    -> date none 5 1
    (儿童节)                                    -> date none 6 1
zh_offset:
    天=day 日=day 周=week 星期=week 个星期=week 礼拜=week 个礼拜=week 个月=month 月=month 年=year
    个周=week
zh_later:
    后=1 之后=1 以后=1 过后=1
zh_earlier:
    前=1 之前=1 以前=1
date:
    <zh_calendar>
    <zh_calendar> [,] <zh_weekday>              -> on $2 $1
    <zh_weekday> [,] <zh_calendar>              -> on $1 $2
    <zh_weekday> [,] <zh_day_number> (号|日)    -> weekday_day $1 $2
    <zh_day_number> (号|日) [,] <zh_weekday>    -> weekday_day $2 $1
    <zh_day_number> (号|日)                     -> day $1
    <zh_pair> (号|日)                           -> day $1
    <zh_digit> <zh_digit> (号|日)               -> two_digit_day $1 $2
    <zh_month_which> [的] <zh_day_number> [号|日] -> in_month $1 $2
    <zh_month_which> (底|末)                    -> end $1
    月 (底|末)                                  -> end +0
    <zh_month> [的] (底|最后一天)               -> end_of $1
    <zh_month_which> 初                         -> start $1
    年 (底|末)                                  -> year_end +0
    明年 (底|末|年底)                           -> year_end +1
    今年 (底|年底)                              -> year_end +0
    <zh_year> 今天                              -> same_day $1
    (下周|下星期|下个星期|下礼拜) [的] 今天     -> near 7
    (上周|上星期|上个星期|上礼拜) [的] 今天     -> near -7
    (下个月|下月) [的] 今天                     -> ahead 1 month
    (上个月|上月) [的] 今天                     -> back 1 month
    <zh_month> [的] 第 <zh_nonzero> 个 <zh_weekday> -> nth $2 $3 $1
    <zh_month_which> [的] 第 <zh_nonzero> 个 <zh_weekday> -> nth $2 $3 $1
    (大前天)                                    -> near -3
    (前天|前日)                                 -> near -2
    (昨天|昨日|昨晚|昨儿|昨儿个)                -> near -1
    (今天|今日|今晚|今早|今儿|今儿个|当天)      -> near 0
    (明天|明日|明早|明晚|明儿|明儿个)           -> near 1
    (后天|后日|后儿)                            -> near 2
    大后天                                      -> near 3
    明后天                                      -> near 1
    明后天                                      -> near 2
    (今明两天|今明天|今明)                      -> near 0
    (今明两天|今明天|今明)                      -> near 1
    大大后天                                    -> near 4
    <zh_1_99> <zh_offset> <zh_later>            -> ahead $1 $2
    {1-3} <zh_offset> <zh_later>                -> ahead $1 $2
    (再过|过|再等) <zh_1_99> <zh_offset>        -> ahead $1 $2 ^1
    (再过|过) 两天                              -> near 2 ~
    (再过|过) {1-3} <zh_offset>                 -> ahead $1 $2
    <zh_1_99> <zh_offset> <zh_earlier>          -> back $1 $2
    {1-3} <zh_offset> <zh_earlier>              -> back $1 $2
    半个月 <zh_later>                           -> ahead 15 day
    半年 <zh_later>                             -> ahead 6 month
    <zh_pair> <zh_offset> <zh_later>            -> ahead $1 $2
    <zh_weekday>                                -> weekday $1
    <zh_which> <zh_weekday>                     -> weekday $2 $1
zh_month_which:
    下个月=+1 下月=+1 下下个月=+2 下下月=+2 上个月=-1 上月=-1 这个月=+0 本月=+0 这月=+0 当月=+0
"""

ZH_TIME_RULES = """
half:
    凌晨=am 清晨=am 早上=am 早晨=am 上午=morning 清早=am 一大早=am 大清早=am 今早=am 明早=am 早=am
    中午=noon 午间=noon 正午=noon
    下午=pm 午后=pm 傍晚=pm 黄昏=pm
    晚上=night 今晚=night 明晚=night 昨晚=night 夜里=night 半夜=night 深夜=night
    晚=night 夜间=night
zh_hour:
    <zh_zero> | <zh_1_99> | {1-2}
    <zh_pair>
    九十                                        -> 9
    九十                                        -> 10
zh_minute:
    <zh_10_99> | {2}
    <zh_zero> (<zh_nonzero>|{1})                -> $2
zh_minute_said:
    <zh_1_99> | {1-2}
    <zh_zero> (<zh_nonzero>|{1})                -> $2
zh_quarter:
    一刻=15 三刻=45 1刻=15 3刻=45 半=30 一刻钟=15 三刻钟=45
zh_o_clock:
    点=0 时=0 点钟=0 点整=0 时整=0 点正=0 点钟整=0
zh_hour_said:
    <zh_hour> <zh_o_clock>                      -> $1
zh_apart:
    <zh_1_99> (分|分钟)                         -> $1
    {1-2} (分|分钟)                             -> $1
    <zh_1_99>                                   -> $1
    (一刻|一刻钟|1刻)                           -> 15
zh_clock:
    <zh_hour_said>                              -> clock $1
    <zh_hour_said> 半                           -> clock $1 30
    <zh_hour_said> [过|零|又] <zh_quarter>      -> clock $1 $2
    <zh_hour_said> <zh_minute>                  -> clock $1 $2
    <zh_hour_said> [过|又] <zh_minute_said> (分|分钟) -> clock $1 $2
    <zh_hour_said> <zh_nonzero>                 -> clock $1 $2 ^1
    {1-2} ~: {2}                                -> clock $1 $2
    {1-2} ~: {2} ~: {2}                         -> clock $1 $2
    {4}                                         -> four_digits $1
    差 <zh_apart> [到] <zh_hour_said>           -> clock_to $1 $2
    差 <zh_apart> [到] <half> <zh_hour_said>    -> clock_to $1 $3 $2
    <zh_hour_said> [还] 差 <zh_apart>           -> clock_to $2 $1
    <zh_1_99>                                   -> clock $1 ?
    (正午|晌午)                                 -> clock 12 0 noon
    (午夜|零时|子夜)                            -> written_clock 0
    (午夜|子夜|半夜) 十二点 [整]                -> written_clock 0
time:
    <zh_clock>
    <half> <zh_clock>                           -> at $1 $2
    <zh_clock> <half>                           -> at $2 $1
    中午                                        -> clock 12 0 noon
    <zh_clock> (多|左右|前后|上下)              -> $1 ~
    <half> <zh_clock> (多|左右|前后|上下)       -> at $1 $2 ~
"""

ZH_MONTH_RULES = """
month_year:
    <zh_year> [的] <zh_month>                   -> month_year $2 $1
    <zh_month> [,] <zh_year>                    -> month_year $1 $2
    <zh_digit> <zh_digit> <zh_digit> <zh_digit> -> packed_month $1 $2 $3 $4
    <zh_digit> <zh_digit> 斜杠 <zh_digit> <zh_digit> -> packed_month $1 $2 $3 $4
    <zh_month> <zh_digit> <zh_digit>            -> packed_month 0 $1 $2 $3 ^1
month_year_filler:
    有效期 [是|到|至|截止|截止到|为] | 到期 [是] | 过期 | 到 | 至 | 截止 [到] | 的有效期 | 卡
"""

"""Chinese numbers and money. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("ZH_MONEY_RULES", "ZH_NUMBER_RULES", "ZH_ROW_RULES")

ZH_NUMBER_RULES = """
zh_nonzero:
    一=1 二=2 三=3 四=4 五=5 六=6 七=7 八=8 九=9 两=2 幺=1 俩=2 仨=3
    壹=1 贰=2 叁=3 肆=4 伍=5 陆=6 柒=7 捌=8 玖=9
zh_zero:
    零=0 〇=0 洞=0
zh_figure:
    {1-32}                                      -> sum $1
    {1-32} ~. {1-6}                             -> point $1 $2
zh_ten:
    十=10 拾=10
zh_hundred:
    百=100 佰=100
zh_thousand:
    千=1000 仟=1000
zh_pair:                                        # two neighbours: one or the other
    (一二|一两)                                 -> 1
    (一二|一两)                                 -> 2
    (两三|二三)                                 -> 2
    (两三|二三)                                 -> 3
    三四                                        -> 3
    三四                                        -> 4
    三五                                        -> 3
    三五                                        -> 5
    四五                                        -> 4
    四五                                        -> 5
    五六                                        -> 5
    五六                                        -> 6
    六七                                        -> 6
    六七                                        -> 7
    七八                                        -> 7
    七八                                        -> 8
    八九                                        -> 8
    八九                                        -> 9
zh_once:                                        # how many tens, hundreds, ...
    <zh_nonzero> | <zh_pair>
    {1-4}
    {1-4} ~. {1-4}                              -> point $1 $2
zh_1_99:
    <zh_nonzero>
    <zh_10_99>
zh_10_99:
    <zh_ten>
    <zh_once> <zh_ten>                          -> times $1 $2
    <zh_ten> (<zh_nonzero>|<zh_pair>)           -> sum $1 $2
    <zh_nonzero> <zh_ten> (<zh_nonzero>|<zh_pair>) -> scale $1 10 $3
    廿                                          -> 20
    廿 <zh_nonzero>                             -> sum 20 $1
    卅                                          -> 30
    卅 <zh_nonzero>                             -> sum 30 $1
    <zh_ten> 几                                 -> $1 ~
    <zh_nonzero> <zh_ten> (几|好几)             -> times $1 $2 ~
    <zh_ten> 好几                               -> $1 ~
zh_rest_of_100:
    <zh_zero> <zh_nonzero>                      -> $2
    <zh_nonzero> <zh_ten> [<zh_nonzero>|<zh_pair>] -> scale $1 10 $3
    <zh_zero> <zh_10_99>                        -> $2
    <zh_nonzero>                                -> times $1 10
    <zh_zero> {1-2}                             -> $2
    {1}                                         -> times $1 10
    {2}
zh_100s:
    <zh_once> <zh_hundred>                      -> times $1 $2
    <zh_once> <zh_hundred> <zh_rest_of_100>     -> scale $1 100 $3
zh_below_1000:
    <zh_1_99> | <zh_100s>
zh_rest_of_1000:
    <zh_zero> <zh_1_99>                         -> $2
    <zh_zero> {1-2}                             -> $2
    <zh_100s>
    <zh_nonzero>                                -> times $1 100
    {1}                                         -> times $1 100
    {3}
zh_1000s:
    <zh_once> <zh_thousand>                     -> times $1 $2
    <zh_once> <zh_thousand> <zh_rest_of_1000>   -> scale $1 1000 $3
zh_section:                                     # what stands before 万 and 亿
    <zh_below_1000> | <zh_1000s> | <zh_figure>
    <zh_hundred>                                -> 100
    <zh_thousand>                               -> 1000
    <zh_spelled_decimal>
    (<zh_below_1000>|<zh_1000s>) (多|余|来)     -> $1 ~
zh_rest_of_wan:
    <zh_zero> (<zh_below_1000>|<zh_1000s>)      -> $2
    <zh_zero> {1-4}                             -> $2
    <zh_1000s>
    {4}
    <zh_nonzero>                                -> times $1 1000
    {1}                                         -> times $1 1000
zh_wans:
    <zh_section> 万                             -> times $1 10000
    <zh_figure> w                               -> times $1 10000
    <zh_section> 万 <zh_rest_of_wan>            -> scale $1 10000 $2
zh_rest_of_yi:
    <zh_wans>
    <zh_zero> (<zh_wans>|<zh_below_1000>|<zh_1000s>) -> $2
    <zh_nonzero>                                -> times $1 10000000
zh_yis:
    <zh_section> [个] 亿                        -> times $1 100000000
    <zh_section> 亿 <zh_rest_of_yi>             -> scale $1 100000000 $2
    <zh_section> 万亿                           -> times $1 1000000000000
zh_cardinal:
    <zh_zero> | <zh_below_1000> | <zh_1000s> | <zh_wans> | <zh_yis> | <zh_figure>
zh_digit:
    <zh_zero> | <zh_nonzero>
zh_spelled:
    <zh_digit> [<zh_digit>]                     -> join $1 $2
    <zh_digit> <zh_digit> <zh_digit> [<zh_digit>] -> join $1 $2 $3 $4
    <zh_digit> <zh_digit> <zh_digit> <zh_digit> <zh_digit> [<zh_digit>] -> join $1 $2 $3 $4 $5 $6
    {1-6}
zh_spelled_decimal:
    (<zh_zero>|<zh_below_1000>|<zh_1000s>) 点 <zh_spelled> -> point $1 $2
    {1-9} 点 <zh_spelled>                       -> point $1 $2
zh_decimal:
    <zh_spelled_decimal>
    (<zh_wans>|<zh_yis>) 点 <zh_spelled>        -> point $1 $2
    <zh_nonzero> (个|倍|天|年|小时) 半          -> point $1 5
zh_number:
    <zh_cardinal> | <zh_decimal>
plain_number:
    <zh_number>
zh_rough:
    <zh_number> (多|余|来)                      -> $1 ~
    <zh_number> (左右|上下)                     -> $1 ~
number:
    <zh_number> | <zh_rough>
    (负|零下|-) <zh_number>                     -> negative $1
    (一对|一双)                                 -> 2
    <zh_10_99> <zh_thing>                       -> $1
    <zh_1_99> 打                                -> times $1 12
    <zh_1_99> 度 <zh_nonzero>                   -> point $1 $2
    半                                          -> point 0 5 ?
    两三                                        -> 2
    两三                                        -> 3
    <zh_pair> <zh_thing>                        -> $1
    <zh_number> (好几|几)                       -> $1 ~
"""

ZH_MONEY_RULES = """
zh_unit:
    元=CNY 圆=CNY 块=none 块钱=none 元钱=CNY 人民币=CNY 元人民币=CNY 块人民币=CNY
    美元=USD 美金=USD 块美金=USD 欧元=EUR 英镑=GBP 镑=GBP 港元=HKD 港币=HKD 块港币=HKD
    日元=JPY 日币=JPY
    澳元=OTHER 澳币=OTHER 加元=OTHER 加币=OTHER 韩元=OTHER 韩币=OTHER 瑞士法郎=OTHER 法郎=OTHER
    卢布=OTHER 泰铢=OTHER 新币=OTHER 新加坡元=OTHER 台币=OTHER 新台币=OTHER 卢比=OTHER 比特币=OTHER
    块美元=USD 块欧元=EUR 块英镑=GBP 块日元=JPY 块港元=HKD 块澳元=OTHER 块加元=OTHER
    块台币=OTHER 块韩元=OTHER 马克=OTHER 越南盾=OTHER 澳门元=OTHER
zh_before:
    人民币=CNY 美金=USD 美元=USD 港币=HKD 日币=JPY 欧元=EUR 英镑=GBP $=USD €=EUR £=GBP ¥=CNY
zh_jiao:
    毛=0 角=0 jiao=0 mao=0
zh_fen:
    分=none 分钱=none 美分=USD 欧分=EUR 便士=GBP 港仙=HKD 仙=HKD
zh_cents:                                       # after the unit, in hundredths
    <zh_nonzero>                                -> tenths $1
    <zh_pair>                                   -> tenths $1 ~
    {1}                                         -> tenths $1
    {2}
    <zh_zero> <zh_nonzero>                      -> $2
    [<zh_zero>] (<zh_nonzero>|{1}|<zh_zero>) <zh_jiao> -> tenths $2
    [<zh_zero>] (<zh_nonzero>) <zh_jiao> [<zh_zero>] (<zh_nonzero>|{1}) [分|分钱] -> tenths $2 $5
    [<zh_zero>] ({1}) <zh_jiao> [<zh_zero>] (<zh_nonzero>|{1}) [分|分钱] -> tenths $2 $5
    [<zh_zero>] (<zh_nonzero>|{1}) (分|分钱)    -> $2
    半                                          -> 50 ~
zh_foreign_cents:
    <zh_1_99> | {1-2}
zh_less_than_unit:
    (<zh_nonzero>|{1}) <zh_jiao>                -> tenths $1
    (<zh_nonzero>|{1}) <zh_jiao> (<zh_nonzero>|{1}) [分|分钱] -> tenths $1 $3
    (<zh_nonzero>|{1}) (分|分钱)                -> $1
    {2} 分                                      -> $1
money:
    <zh_amount>
    <zh_amount> (钱|整|正|人民币|钱整)          -> $1
    <zh_before> <zh_amount>                     -> in $2 $1
    <zh_before> <zh_amount> (整|正|钱)          -> in $2 $1
    <zh_amount> (左右|上下)                     -> $1 ~
    <zh_amount> 钱左右                          -> $1 ~
zh_sum:
    <zh_number> | <zh_rough>
    <zh_number> 来                              -> $1 ~
    (负) <zh_number>                            -> negative $1
zh_amount:
    <zh_sum>                                    -> money none $1
    <zh_sum> <zh_unit>                          -> money $2 $1
    <zh_number> 块 多                           -> money none $1 ~
    <zh_number> <zh_unit> <zh_cents>            -> money $2 $1 $3
    <zh_number> <zh_unit> [<zh_zero>] <zh_foreign_cents> <zh_fen> -> dollars $2 $1 $4 $5
    <zh_foreign_cents> <zh_fen>                 -> money $2 0 $1
    <zh_less_than_unit>                         -> money CNY 0 $1
    半块                                        -> money none 0 50
    块 <zh_nonzero> [毛|角]                     -> money_tenths none 1 $1 ~
"""

ZH_ROW_RULES = """
row:                                            # of digits, as text
    <zh_digit>                                  -> join $1
    拐                                          -> join 7
    勾                                          -> join 9
    <zh_nonzero> 个 <zh_digit>                  -> repeat $1 $2
    <zh_nonzero> 个 {1}                         -> repeat $1 $2
    {1-2} 个 (<zh_digit>|{1})                   -> repeat $1 $2
    十个 <zh_digit>                             -> repeat 10 $1
    双 <zh_digit>                               -> repeat 2 $1
    [<zh_nonzero>] <zh_ten>                     -> row_of_tens $1
    [<zh_nonzero>] <zh_ten> <zh_nonzero>        -> row_of_tens $1 $3
    <zh_nonzero> <zh_hundred>                   -> hundred_row $1
    <zh_nonzero> <zh_hundred> <zh_zero> <zh_nonzero> -> join $1 0 $4
    <zh_nonzero> <zh_hundred> <zh_nonzero> <zh_ten> [<zh_nonzero>] -> row_of_hundreds $1 $3 $5
    <zh_1000s>                                  -> whole_row $1
    <zh_wans>                                   -> whole_row $1
"""

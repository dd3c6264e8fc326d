"""English numbers and money. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_MONEY_RULES", "EN_NUMBER_RULES", "EN_ROW_RULES")

EN_NUMBER_RULES = """
en_nonzero:
    one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9
en_teen:
    ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17
    eighteen=18 nineteen=19 forteen=14
en_tens:
    twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 fourty=40
en_10_99:
    <en_teen> | <en_tens>
    <en_tens> <en_nonzero>                      -> sum $1 $2
en_1_99:
    <en_nonzero> | <en_10_99>
en_figure:
    {1-32}                                      -> sum $1
    {1-32} ~. {1-6}                             -> point $1 $2
en_multiple:                                    # what may stand before hundred, thousand, ...
    <en_1_99> | <en_figure>
    a                                           -> 1
en_below_1000:
    <en_1_99>
    <en_hundreds>
en_hundreds:
    <en_multiple> hundred                       -> times $1 100
    <en_multiple> hundred [and] <en_1_99>       -> scale $1 100 $2
en_thousands:
    (<en_below_1000>|<en_figure>) thousand      -> times $1 1000
    a thousand                                  -> 1000
    <en_below_1000> thousand [and|,] <en_thousand_rest>   -> scale $1 1000 $2
    <en_figure> thousand [and|,] <en_thousand_rest>       -> scale $1 1000 $2
    a thousand [and] <en_thousand_rest>                   -> scale 1 1000 $1
en_thousand_rest:
    <en_below_1000>
    {3}
en_short_thousands:
    <en_figure> k                               -> times $1 1000
    <en_1_99> (grand|k)                         -> times $1 1000
en_below_million:
    <en_below_1000> | <en_thousands> | <en_short_thousands>
en_millions:
    (<en_below_1000>|<en_figure>) million       -> times $1 1000000
    a million                                   -> 1000000
    <en_below_1000> million [and|,] <en_below_million>    -> scale $1 1000000 $2
    a million [and] <en_below_million>          -> scale 1 1000000 $1
    half a million                              -> 500000
    a million and a half                        -> 1500000
en_below_billion:
    <en_below_million> | <en_millions>
en_billions:
    (<en_below_1000>|<en_figure>) billion       -> times $1 1000000000
    a billion                                   -> 1000000000
    <en_below_1000> billion [and|,] <en_below_billion>    -> scale $1 1000000000 $2
    (<en_below_1000>|<en_figure>) trillion      -> times $1 1000000000000
en_dozen:
    a dozen                                     -> 12
    half a dozen                                -> 6
    <en_1_99> dozen                             -> times $1 12
en_cardinal:
    zero=0 nought=0 naught=0 nil=0
    <en_below_billion> | <en_billions> | <en_dozen> | <en_figure>
en_digit:
    zero=0 oh=0 o=0 nought=0 naught=0
    <en_nonzero>
en_oh:
    oh=0
en_fraction:                                    # what follows the point
    <en_digit>                                  -> join $1
    <en_digit> <en_digit> [<en_digit>]          -> join $1 $2 $3
    <en_digit> <en_digit> <en_digit> <en_digit> [<en_digit>] [<en_digit>] -> join $1 $2 $3 $4 $5 $6
    <en_10_99>                                  -> join $1
en_decimal:
    (<en_cardinal>|<en_oh>) point <en_fraction>      -> point $1 $2
    point <en_fraction>                         -> point 0 $1
    (<en_cardinal>|<en_oh>) point <en_fraction> million -> point $1 $2 1000000
    (<en_cardinal>|<en_oh>) point <en_fraction> billion -> point $1 $2 1000000000
    (<en_cardinal>|<en_oh>) point <en_fraction> (thousand|k) -> point $1 $2 1000
    <en_cardinal> and a half                    -> point $1 5
    <en_nonzero> and a half million             -> point $1 5 1000000
    <en_nonzero> and a half thousand            -> point $1 5 1000
    <en_nonzero> and a half hundred             -> point $1 5 100
en_hundred_style:                               # one sixty six
    <en_nonzero> (oh|o) <en_nonzero>            -> scale $1 100 $2
    <en_nonzero> <en_10_99>                     -> scale $1 100 $2
    <en_nonzero> {2}                            -> scale $1 100 $2
plain_number:
    <en_cardinal> | <en_decimal>
number:
    <plain_number>
    <en_hundred_style>
    (minus|negative|-) <plain_number>           -> negative $1
    - ~. {1-6}                                  -> point 0 $1
    <en_cardinal> (or so|ish)                   -> $1 ~
    a (couple|pair) [of]                        -> 2
    <en_cardinal> something                     -> $1 ~
    <en_cardinal> grand                         -> times $1 1000
    hundred                                     -> 100 ?
    thousand                                    -> 1000 ?
"""

EN_MONEY_RULES = """
en_unit:
    dollar=USD dollars=USD buck=USD bucks=USD usd=USD us_dollars=USD us_dollar=USD
    american_dollars=USD
    euro=EUR euros=EUR eur=EUR
    pound=GBP pounds=GBP quid=GBP gbp=GBP sterling=GBP pounds_sterling=GBP british_pounds=GBP
    yuan=CNY rmb=CNY renminbi=CNY kuai=CNY cny=CNY chinese_yuan=CNY
    yen=JPY jpy=JPY japanese_yen=JPY
    hkd=HKD hong_kong_dollars=HKD hong_kong_dollar=HKD hk_dollars=HKD hk_dollar=HKD
    canadian_dollars=OTHER canadian_dollar=OTHER australian_dollars=OTHER singapore_dollars=OTHER
    new_zealand_dollars=OTHER aussie_dollars=OTHER taiwan_dollars=OTHER
    rupees=OTHER rupee=OTHER bitcoin=OTHER bitcoins=OTHER won=OTHER rubles=OTHER roubles=OTHER
    francs=OTHER swiss_francs=OTHER pesos=OTHER peso=OTHER krona=OTHER kroner=OTHER lira=OTHER
    dirhams=OTHER riyals=OTHER baht=OTHER ringgit=OTHER dong=OTHER real=OTHER reais=OTHER
    cad=OTHER aud=OTHER chf=OTHER inr=OTHER
en_sign:
    $=USD €=EUR £=GBP ¥=CNY hk_$=HKD us_$=USD usd=USD eur=EUR gbp=GBP rmb=CNY cny=CNY a_$=USD
    c_$=OTHER au_$=OTHER
    hkd=HKD jpy=JPY
en_cent:
    cents=C cent=C pence=GBP penny=GBP pennies=GBP p=GBP fen=CNY fens=CNY sen=JPY
en_cents_said:
    <en_1_99> | {1-2}
    (oh|o|zero) <en_nonzero>                    -> $1
    zero                                        -> 0
money:
    <en_money_said>
    <en_money_said> even                        -> $1
    <en_money_said> or so                       -> $1 ~
    <en_money_said> and change                  -> $1 ~
    <en_money_number> <en_unit> [and|,] (no|zero) cents -> money $2 $1
    <en_money_said> (a|per|each|every) (day|week|month|year|time) -> $1 ~
    <en_money_said> something                   -> $1 ~
en_money_number:
    <plain_number> | <en_hundred_style>
    (minus|negative|-) <plain_number>           -> negative $1
en_money_said:
    <en_money_number>                           -> money none $1
    <en_money_number> <en_unit>                 -> money $2 $1
    a <en_unit>                                 -> money $1 1
    <en_money_number> <en_unit> [and|,] <en_cents_said> <en_cent> -> dollars $2 $1 $3 $4
    <en_money_number> <en_unit> <en_cents_said> -> money $2 $1 $3
    a <en_unit> <en_10_99>                      -> money $1 1 $2
    <en_money_number> <en_unit> <en_nonzero>    -> money_tenths $2 $1 $3
    <en_money_number> <en_unit> and a half      -> money $2 $1 50
    half a <en_unit>                            -> money $1 0 50
    <en_cents_said> <en_cent>                   -> cents $1 $2
    a <en_cent>                                 -> cents 1 $1
    <en_money_number> <en_unit> [and|,] a <en_cent> -> dollars $2 $1 1 $3
    a quarter                                   -> money USD 0 25
    <en_sign> <plain_number>                    -> money $1 $2
    <en_sign> <plain_number> [and] <en_cents_said> (cents|cent) -> money $1 $2 $3
    <en_nonzero> <en_10_99>                     -> money none $1 $2
    <en_nonzero> (oh|o) <en_nonzero>            -> money none $1 $2
    <en_10_99> <en_10_99>                       -> money none $1 $2
    <en_10_99> (oh|o) <en_nonzero>              -> money none $1 $2
    <en_10_99> <en_10_99>                       -> split_whole $1 $2
    <en_sign> <en_10_99> <en_10_99>             -> money $1 $2 $3
    a tenner                                    -> money GBP 10
    a fiver                                     -> money GBP 5
    {1-3} ~. {3} ~, {2} <en_unit>               -> money_comma $4 $1 $2 $3
    {1-9} ~, {2} <en_unit>                      -> money_comma $3 $1 none $2
"""

EN_ROW_RULES = """
row:                                            # of digits, as text
    <en_digit>                                  -> join $1
    <en_10_99>                                  -> join $1
    (double|dubble) <en_digit>                  -> repeat 2 $1
    (triple|treble) <en_digit>                  -> repeat 3 $1
    (quadruple) <en_digit>                      -> repeat 4 $1
    <en_nonzero> hundred                        -> hundred_row $1
    <en_nonzero> hundred [and] <en_10_99>       -> join $1 $2
    <en_nonzero> hundred and <en_nonzero>       -> join $1 0 $2
    <en_nonzero> hundred <en_nonzero>           -> loose_row $1 $2
    <en_10_99> hundred                          -> hundred_row $1
    <en_thousands>                              -> whole_row $1
    {1-32}
"""

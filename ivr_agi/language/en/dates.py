"""English dates and times of day. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_DATE_RULES", "EN_MONTH_RULES", "EN_TIME_RULES")

EN_DATE_RULES = """
en_month:
    january=1 february=2 march=3 april=4 may=5 june=6 july=7 august=8 september=9 october=10
    november=11 december=12 jan=1 feb=2 mar=3 apr=4 jun=6 jul=7 aug=8 sep=9 sept=9 oct=10 nov=11
    dec=12
en_weekday:
    monday=0 tuesday=1 wednesday=2 thursday=3 friday=4 saturday=5 sunday=6
en_weekday_short:
    mon=0 tue=1 tues=1 wed=2 thu=3 thur=3 thurs=3 fri=4 sat=5 sun=6
en_any_weekday:
    <en_weekday> | <en_weekday_short>
en_ones_th:
    first=1 second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9
en_teens_th:
    tenth=10 eleventh=11 twelfth=12 thirteenth=13 fourteenth=14 fifteenth=15 sixteenth=16
    seventeenth=17 eighteenth=18 nineteenth=19 twentieth=20 thirtieth=30
    fortieth=40 fiftieth=50
en_ordinal:
    <en_ones_th> | <en_teens_th>
    <en_tens> <en_ones_th>                      -> sum $1 $2
    {1-2} th
en_day_number:
    <en_ordinal> | <en_1_99> | {1-2}
en_year:
    {4}
    nineteen <en_10_99>                         -> sum 1900 $1
    eighteen <en_10_99>                         -> sum 1800 $1
    twenty <en_10_99>                           -> sum 2000 $1
    nineteen (oh|o|hundred [and]) <en_nonzero>  -> sum 1900 $1
    twenty (oh|o) <en_nonzero>                  -> sum 2000 $1
    nineteen hundred                            -> 1900
    nineteen hundred [and] <en_10_99>           -> sum 1900 $1
    two thousand                                -> 2000
    two thousand [and] <en_1_99>                -> sum 2000 $1
    {2} {2}                                     -> join $1 $2
en_short_year:
    (oh|o) <en_nonzero>                         -> year_of_century $1
    <en_10_99>                                  -> year_of_century $1
    {2}                                         -> year_of_century $1
en_which:
    next=next last=last this=this coming=this this_coming=this the_coming=this this_past=last
    this_next=next the_next=next the_last=last upcoming=this this_upcoming=this past=last
    the_following=next
en_count:
    <en_1_99> | {1-3}
    a                                           -> 1
    an                                          -> 1
    a couple [of]                               -> 2 ~
en_span:
    day=day days=day week=week weeks=week month=month months=month year=year years=year
    fortnight=fortnight fortnights=fortnight
en_weeks:                                       # "two weeks tomorrow"
    week=week weeks=week fortnight=fortnight fortnights=fortnight
en_near:
    today                                       -> near 0
    tomorrow                                    -> near 1
en_month_day:                                   # a date without a year
    <en_month> [,] [the] <en_day_number>        -> date none $1 $2
    [the] <en_ordinal> [day] [of] <en_month>    -> date none $2 $1
    [the] <en_1_99> [of] <en_month>             -> date none $2 $1
    {1-2} [of] <en_month>                       -> date none $2 $1
    {1-2} ~/ {1-2}                              -> short_slashes $1 $2
    <en_1_99> (slash|stroke) <en_1_99>          -> short_slashes $1 $2
    {1-2} ~- {1-2}                              -> short_slashes $1 $2 ?
    {1-2} ~. {1-2}                              -> short_slashes $1 $2 ?
en_relative_year:
    this_year=+0 of_this_year=+0 next_year=+1 of_next_year=+1 last_year=-1 of_last_year=-1
en_full:
    <en_month_day> [,|of|in] <en_year>          -> in_year $1 $2
    <en_month_day> [,] <en_short_year>          -> in_year $1 $2 ^1
    <en_month_day> [,] <en_relative_year>       -> in_year $1 $2
    <en_year> [,] <en_month_day>                -> in_year $2 $1
    {4} ~- {1-2} ~- {1-2}                       -> date $1 $2 $3
    {4} ~/ {1-2} ~/ {1-2}                       -> date $1 $2 $3
    {4} ~. {1-2} ~. {1-2}                       -> date $1 $2 $3
    {1-2} ~/ {1-2} ~/ {4}                       -> slashes $1 $2 $3
    {1-2} ~- {1-2} ~- {4}                       -> slashes $1 $2 $3
    {1-2} ~. {1-2} ~. {4}                       -> slashes $1 $2 $3
    {1-2} ~/ {1-2} ~/ {2}                       -> slashes_short $1 $2 $3
    {8}                                         -> packed $1
    <en_1_99> <en_1_99> <en_year>               -> slashes $1 $2 $3 ?
    <en_1_99> <en_1_99> <en_short_year>         -> slashes_century $1 $2 $3 ? ^1
en_calendar:                                    # with month
    <en_month_day> | <en_full>
    christmas                                   -> date none 12 25
    christmas day                               -> date none 12 25
    christmas eve                               -> date none 12 24
    new year's day                              -> date none 1 1
    new year's eve                              -> date none 12 31
    boxing day                                  -> date none 12 26
    valentine's day                             -> date none 2 14
date:
    <en_calendar>
    [on] <en_any_weekday> [,] [the] <en_calendar>   -> on $1 $2
    <en_calendar> [,] [a|that's a] <en_any_weekday> -> on $2 $1
    [on] <en_any_weekday> [,] the <en_ordinal>      -> weekday_day $1 $2
    [on] <en_any_weekday> {1-2}                     -> weekday_day $1 $2
    the <en_ordinal>                            -> day $1
    <en_ordinal>                                -> day $1 ?
    the <en_ordinal> of (<en_month_which>) month -> in_month $2 $1
    [the] end of <en_month_which> month         -> end $1
    [the] end of (the|this) month               -> end +0
    the last day of <en_month_which> month      -> end $1
    the last day of the month                   -> end +0
    (the beginning|the start|beginning) of (<en_month_which>) month -> start $1
    (the end|end) of (the|this) year            -> year_end +0
    (the end|end) of next year                  -> year_end +1
    (the last day|last day) of <en_month>       -> end_of $1
    [the] <en_ordinal> <en_any_weekday> (of|in) <en_month>   -> nth $1 $2 $3
    [the] <en_ordinal> <en_any_weekday> (of|in) (<en_month_which>) month   -> nth $1 $2 $3
    the <en_ordinal> of the <en_ordinal>        -> date none $2 $1
    the day before <date_base>                  -> back 1 day $1
    the day after <date_base>                   -> ahead 1 day $1
    tomorrow week                               -> near 8
    in <en_count> <en_span> time                -> ahead $1 $2
    today                                       -> near 0
    tonight                                     -> near 0
    tomorrow                                    -> near 1
    tmrw                                        -> near 1
    yesterday                                   -> near -1
    (this morning|this afternoon|this evening)  -> near 0
    [the] day after tomorrow                    -> near 2
    [the] day before yesterday                  -> near -2
    (in|after) <en_count> <en_span>             -> ahead $1 $2
    <en_count> <en_span> (from now|from today|later|ahead|hence|from then) -> ahead $1 $2
    <en_count> <en_span> from <date_base>       -> ahead $1 $2 $3
    <en_count> <en_span> after <date_base>      -> ahead $1 $2 $3
    <en_count> <en_span> before <date_base>     -> back $1 $2 $3
    <en_count> <en_span> ago                    -> back $1 $2
    <en_count> <en_span> (before|back)          -> back $1 $2 ~
    a week ago [on] <en_weekday>                -> week_ago $1
    half a year from now                        -> ahead 6 month
    in half a year                              -> ahead 6 month
    <en_count> <en_span> ago today              -> back $1 $2
    <en_count> <en_weeks> <en_near>             -> ahead $1 $2 $3
    [on] <en_weekday>                           -> weekday $1
    [on] <en_weekday_short>                     -> weekday $1 ?
    [on] <en_which> <en_any_weekday>            -> weekday $2 $1
    [on] <en_any_weekday> (next week|of next week|of the next week) -> weekday $1 next
    [on] <en_any_weekday> (the next week) -> weekday $1 next
    (next week|next week ,) [on] <en_any_weekday> -> weekday $1 next
    [on] <en_any_weekday> (last week|of last week) -> weekday $1 lastweek
    last week [,] [on] <en_any_weekday>         -> weekday $1 lastweek
    [on] <en_any_weekday> (this week|of this week) -> weekday $1 thisweek
    this week [on] <en_any_weekday>             -> weekday $1 thisweek
    the week after next [on] <en_weekday>       -> weekday $1 next2
    [on] <en_weekday> (the week after next|week after next) -> weekday $1 next2
    a week [on] <en_weekday>                    -> ahead_of_weekday $1
    <en_weekday> week                           -> ahead_of_weekday $1
date_base:
    today                                       -> near 0
    tomorrow                                    -> near 1
    yesterday                                   -> near -1
    [this|next] <en_weekday>                    -> weekday $1
    the <en_ordinal>                            -> day $1
    <en_calendar>
en_month_which:
    next=+1 last=-1 this=+0 the_next=+1 this_coming=+1
"""

EN_TIME_RULES = """
half:
    am=am pm=pm
    (in the|this|in) morning                    -> am
    morning                                     -> am
    (in the|this) afternoon                     -> pm
    afternoon                                   -> pm
    (in the|this) evening                       -> pm
    evening                                     -> pm
    (at night|tonight|night)                    -> night
    a                                           -> am ^1
    p                                           -> pm ^1
en_half_word:
    am=am pm=pm
    (in the|this) morning                       -> am
    (in the|this) afternoon                     -> pm
    (in the|this) evening                       -> pm
    (at night|tonight)                          -> night
    noon                                        -> noon
    at noon                                     -> noon
    p                                           -> pm
    a                                           -> am
en_hour:
    one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12
    {1-2}
en_late_hour:
    thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20
    twenty_one=21 twenty_two=22 twenty_three=23 twenty_four=24 zero=0
en_any_hour:
    <en_hour> | <en_late_hour>
en_minutes:
    <en_10_99> | {2}
    (oh|o|zero) <en_nonzero>                    -> $1
    oh {1}                                      -> $1
en_minutes_apart:                               # five past, twenty to
    five=5 ten=10 twenty=20 twenty_five=25 quarter=15 a_quarter=15 5=5 10=10 20=20 25=25
    (five|5) minutes                            -> 5
    (ten|10) minutes                            -> 10
    (twenty|20) minutes                         -> 20
    <en_1_99> minutes                           -> $1
    {1-2} minutes                               -> $1
    three quarters                              -> 45
en_whole_hour:
    <en_any_hour>                               -> clock $1
    <en_any_hour> (o'clock|oclock|o clock|oh clock) -> clock $1
    noon                                        -> clock 12 0 noon
    midday                                      -> clock 12 0 noon
    midnight                                    -> written_clock 24 0
en_clock:
    <en_any_hour>                               -> clock $1
    <en_any_hour> (o'clock|oclock|o clock|oh clock) -> clock $1
    <en_any_hour> <en_minutes>                  -> clock $1 $2
    {1-2} ~: {2}                                -> clock $1 $2
    {1-2} ~. {2}                                -> clock $1 $2
    {1-2} ~: {2} ~: {2}                         -> clock $1 $2
    half past <en_hour>                         -> clock $1 30
    half past (noon|midday)                     -> clock 12 30 noon
    half past midnight                          -> written_clock 0 30
    half <en_hour>                              -> clock $1 30 ~
    (thirty|30) past <en_hour>                  -> clock $1 30
    <en_minutes_apart> (past|after) <en_whole_hour> -> clock_after $1 $2
    <en_minutes_apart> (to|before|of|till|til) <en_whole_hour> -> clock_before $1 $2
    (oh|o|zero) <en_hour> hundred [hours]       -> written_clock $1
    <en_any_hour> hundred hours                 -> written_clock $1
    <en_late_hour> hundred                      -> written_clock $1
    <en_late_hour> <en_minutes> hours           -> written_clock $1 $2
    {4} [hours]                                 -> four_digits $1
    noon                                        -> clock 12 0 noon
    midday                                      -> clock 12 0 noon
    twelve (noon|midday)                        -> clock 12 0 noon
    noon <en_minutes>                           -> clock 12 $1 noon
    midnight                                    -> written_clock 24 0
    twelve midnight                             -> written_clock 24 0
time:
    <en_clock>
    <en_clock> [,] <en_half_word>               -> at $2 $1
    <en_clock> or so                            -> $1 ~
    <en_clock> <en_half_word> or so             -> at $2 $1 ~
    <en_clock> ish                              -> $1 ~
    <en_clock> sharp                            -> $1
    <en_clock> on the dot                       -> $1
"""

EN_MONTH_RULES = """
en_two_digits:
    <en_digit> <en_digit>                       -> join $1 $2
    {2}
month_year:                                     # of a card: when it expires
    <en_month> [of|,|the year] <en_year>        -> month_year $1 $2
    <en_month> [of|,] <en_short_year>           -> month_year $1 $2 ^1
    <en_month> (or|to) <en_month> (<en_year>|<en_short_year>) -> month_year $1 $3
    <en_month> (or|to) <en_month> (<en_year>|<en_short_year>) -> month_year $2 $3
    <en_month> <en_digit> <en_digit>            -> packed_month 0 $1 $2 $3 ^1
    <en_month> [of|,] <en_relative_year>        -> month_year $1 $2
    [month] <en_1_99> [,] [year|of the year] <en_year> -> month_year $1 $2
    [month] {1-2} [,] [year|of the year] <en_year> -> month_year $1 $2
    <en_1_99> [slash] <en_10_99>                -> month_year_short $1 $2
    (oh|o|zero) <en_nonzero> [slash|,] <en_10_99>   -> month_year_short $1 $2
    (oh|o|zero) <en_nonzero> [slash|,] <en_year>    -> month_year $1 $2
    <en_two_digits> [slash|,] <en_two_digits>   -> packed_month $1 $2
    <en_two_digits> [slash|,] two zero <en_two_digits>  -> packed_month $1 20 $2
    {1-2} ~/ {2}                                -> month_year_short $1 $2
    {1-2} ~/ {4}                                -> month_year $1 $2
    {4} ~- {2}                                  -> month_year $2 $1
    {4}                                         -> packed_month $1
    {6}                                         -> packed_month $1
    the (end|beginning|start) of <en_month> <en_year> -> month_year $1 $2
month_year_filler:
    (expires|expiry|expiration|valid|good|runs out|exp|expiring) [in|on|until|date|date is|through]
    (it|the card|my card|card|which) (expires|is valid|is good|runs out|ends) [in|on|until|through]
    (the|an|my) (expiry|expiration|expiry date|expiration date|date) [is] | month | year | slash
    until | till | through
"""

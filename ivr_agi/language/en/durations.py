"""English lengths of time. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_DURATION_RULES",)

EN_DURATION_RULES = """
en_time_unit:
    second=second seconds=second sec=second secs=second minute=minute minutes=minute min=minute
    mins=minute hour=hour hours=hour hr=hour hrs=hour day=day days=day week=week weeks=week
    night=day nights=day
en_short_unit:
    s=second m=minute min=minute h=hour d=day
en_how_many:
    <en_1_99> | <en_hundreds> | <en_thousands> | <en_figure> | <en_decimal>
    a=1 an=1 one_single=1 zero=0
    a couple [of]                               -> 2 ~
duration:
    <en_span_said>
    <en_span_said> or so                        -> $1 ~
    <en_how_many> <en_time_unit> [and|,] <en_span_rest> -> span $1 $2 $3
    <en_how_many> (or|to) <en_how_many> <en_time_unit> -> span $1 $3
    <en_how_many> (or|to) <en_how_many> <en_time_unit> -> span $2 $3
    <en_figure> <en_short_unit> <en_figure> <en_short_unit> -> span_sum $1 $2 $3 $4
en_span_rest:                                   # of at most four parts
    <en_span_said>
    <en_how_many> <en_time_unit> [and|,] <en_span_last> -> span $1 $2 $3
en_span_last:
    <en_span_said>
    <en_how_many> <en_time_unit> [and|,] <en_span_said> -> span $1 $2 $3
en_span_said:
    <en_how_many> <en_time_unit>                -> span $1 $2
    <en_how_many> (full|whole|more) <en_time_unit>  -> span $1 $2
    <en_figure> <en_short_unit>                 -> span $1 $2
    <en_how_many> <en_time_unit> and a half     -> half_more $1 $2
    <en_1_99> and a half <en_time_unit>         -> half_more $1 $2
    half (a|an) <en_time_unit>                  -> half_more 0 $1
    half <en_time_unit>                         -> half_more 0 $1 ~
    (a|one) quarter of an hour                  -> 900
    quarter of an hour                          -> 900
    (three|3) quarters of an hour               -> 2700
    an hour and a quarter                       -> 4500
    an hour and three quarters                  -> 6300
    a fortnight                                 -> 1209600
    (two|2) fortnights                          -> 2419200
    (<en_1_99>|{1-2}) (hours|hour|hr|hrs|h) (<en_10_99>|{2}) -> hours_minutes $1 $2
    an hour <en_10_99>                          -> hours_minutes 1 $1
    all day                                     -> 86400 ~
    {1-3} ~: {2}                                -> hours_minutes $1 $2 ~
duration_filler:
    long | for | stay | staying | it takes | it took | it'll take | it will take | it lasts
    it should take | that takes | takes | took | lasted | duration | the duration is | in length
    (we|i) (stay|are staying|will stay|want to stay) [for] | i'm staying for | we're staying for
    appointment | parking | of parking | the meeting | meeting
    in total | altogether | of time
"""

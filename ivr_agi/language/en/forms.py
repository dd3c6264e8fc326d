"""English words of forms, of corrections and of listening along. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_BACKCHANNELS", "EN_FORM_RULES", "EN_PLACE_RULES")

EN_BACKCHANNELS = tuple(
    "uh-huh|mm-hmm|mhm|mm|hm|okay|ok|alright|all right|right|i see|i know|got it|sure|yeah|yep|good"
    "|great|fine|aha|go on|really|oh|wow|cool|i understand|understood".split("|")
)
"""What people say while they listen. It ends no prompt, unless it is an answer there."""

EN_FORM_RULES = """
mark_number_before:                             # words that say of which kind a value is
    [a|the] (table|party|group|booking|reservation|room|seats|family) (for|of)
    we are | we're | there are | there will be | we will be | we'll be
mark_number_after:
    people | persons | person | guests | guest | adults | adult | kids | kid | children | child
    babies | baby | infants | seniors | students | friends | of us | tickets | seats
    nights | rooms | in total
mark_time_before:
    at | starting at | at about ~ | around ~ | the time is | arriving at
mark_time_after:
    o'clock
mark_date_before:
    on | on the | for the day | the date is
mark_money_before:
    pay | transfer | send | the amount is | the sum of | an amount of | the amount of
mark_row_before:
    (account|card|phone|customer|order|member) [number] [is] | [the] number is
    [account|card] (ending|ends|ending with) in | (ending|ends) with | account ending
name_number:                                    # what callers call a value, unless the flow says so
    number | how many | number of people
name_date:
    date | day
name_time:
    time | hour
name_money:
    amount | sum
name_row:
    number | account | account number
form_article:
    the | my | our | this | that | your
form_but:
    (yes|no|okay|ok|right|correct|good|fine|yeah) [,] but | only | only the
form_filler:                                    # what a form is for
    [a|the] (table|reservation|booking|appointment|visit|transfer|dinner|lunch|breakfast|brunch)
    to see | an appointment | a seat | seats | all | both | everything | as soon as possible
form_becomes:                                   # between the name and the new value
    is | are | to | to be | should be | should be the | has to be | must be | as | the | it's
    should have been | i said | was | will be | is wrong it's | is wrong it should be | ,
    needs to be | ought to be | is the | to the
form_change:                                    # something is to be changed, or is wrong
    change | correct | fix | modify | edit | update | replace | redo | set
    (can|could|may) (i|we|you) [please] (change|correct|fix|modify|edit|update)
    (i'd|i would|we'd|we would) like to (change|correct|fix|modify|edit|update)
    (i|we) (want|need|have) to (change|correct|fix|modify|edit|update)
    (is|are|was|were|looks|sounds) (wrong|incorrect|off|false|mistaken)
    (is|are|was|were) not (right|correct|what i said) | (isn't|aren't|wasn't) (right|correct)
    wrong | incorrect | a mistake | there's a mistake in | there is a mistake in | should be
    everything else is (right|fine|correct|okay) | the rest is (right|fine|correct|okay)
    almost | not quite | everything but | all but | the one thing
"""

EN_PLACE_RULES = """
place:                                          # a choice by its place in the list
    [the|your] first [one|choice|option]        -> 1
    [the|your] second [one|choice|option]       -> 2
    [the|your] third [one|choice|option]        -> 3
    [the|your] fourth [one|choice|option]       -> 4
    [the|your] fifth [one|choice|option]        -> 5
    [the|your] sixth [one|choice|option]        -> 6
    [the|your] seventh [one|choice|option]      -> 7
    [the|your] eighth [one|choice|option]       -> 8
    [the|your] ninth [one|choice|option]        -> 9
    [the|your] last [one|choice|option]         -> last
    the (latter|final) [one|choice|option]      -> last
    the former [one|choice|option]              -> 1
    [the|your] {1} th [one|choice|option]                  -> $1
place_filler:
    i'd like | i would like | i want | i'll take | i will take | i take | give me | please
    thanks | thank you | i choose | i'll have | let's take | let's say | um | uh | er | well
    i think | it's | that's | , | of them | of those | then | okay | yes | on the list | you said
    you mentioned
exclude:                                        # all but what follows
    anything but | everything but | anything except | everything except | all but | all except
    anything other than | any but | except [for] | other than | everything other than | not counting
    whatever but | all besides | anything besides | but
    (anyone|anybody|everyone|any one|any doctor|any of them) (but|except)
exclude_filler:
    please | thanks | thank you | the | a | um | uh | well | i'd like | i would like | i want
    give me | i'll take | , | to | one
end_part:                                       # a correction of the end of what was said
    [the] last (one|digit|number|letter|bit|part|figure|character) (is|should be|was) [a|an]
    [the] last (two|three|four|five|six) [digits|numbers|letters|ones] (are|should be|were)
    it (ends|end) (in|with) | (ends|ending) (in|with)
"""

"""English words around an answer, and words that change its meaning. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_AROUND_RULES", "EN_BESIDE_RULES")

EN_AROUND_RULES = """
en_i_would:
    i'd | i would | i'll | i will | i | we'd | we would | we | we'll
en_it:
    it | you | an appointment | a table | that
en_do:
    like | love | want | need | prefer | say | take | go | choose | pick | have | be | make
    do | book | pay | transfer | send | come | get | put | reserve | schedule | see | come in
    go with
filler:                                         # polite words, carrier phrases: they change nothing
    a | an | the | of | please | thanks | thank you [very much|so much] | cheers | ta
    hi | hello | hey | ah | aha | well | so | just | only | like | actually | basically | really
    okay | ok | alright | all right | right | sure | yes | yeah | yep | yup | yes please | good
    great | perfect
    oh | um | uh | er | erm | hmm | mm | hm | eh | mhm
    then | there | here | that | this | it | is | are | and | on | at | for | in | with | as
    (it's|it is|it's going to be|it will be|it'll be|it would be|it'd be|it was|is it) [the]
    (that's|that is|that's going to be|that will be|that'll be|that would be|that'd be|that was)
    (it's|that's|there's|there is|there are|we're|i'm|it is) (gonna|going to) be
    (i|we) (can|could|may|might) [only] (do|make|pay|come|manage|afford|go with|take)
    does | do | did | ready | ready ? | got it | are you ready [?]
    you ready [?] | do you have a pen | you know what | i'd say | let's say | say | [let's] make it
    (this is) | (it|that|this) (should|must|has to|needs to|can|could) be
    (there's|there is|there are|there will be|there'll be|we are|we're|we'll be|we will be)
    (i'm|i am|i'll be|i will be) [free] [on|at]
    i am in a hurry | i'm in a hurry
    <en_i_would> <en_do> [to|for|with]
    <en_i_would> (like|love|prefer) (to|it to|it|that to) <en_do> [<en_it>]
    (i|we) (want|need|wanna|have|gotta|got|wish|wanted) [to] [<en_do>]
    (can|could|may|might|shall|should) (i|we|you) [please] [<en_do>|make it|do it|we say]
    (can|could) you [do|make it|make|put|come|send]
    (let's|let us|let me) [say|do|go|go with|make it|see|think|check|take|have|try]
    let me see | let me check | let me think | let's see | i see | you know | as i said | i said
    how about | what about | how's | how is | is | would | would be | will be | was
    (would be|is|are|will be|'s|works|work|sounds) (good|fine|great|best|perfect|possible|okay|ok)
    (would be|is|are|will be|'s|works|work|sounds) (ideal|better|nice)
    (works|work|sounds good) [for me|for us|best|best for me|well|fine]
    for me | for us | if possible | if you can | if that's possible | if that's okay | if that's ok
    if it's possible
    if you have it | if available | if you have anything
    possible | available | works | free | would work | will do | will work | would do
    will be fine | would be fine
    me | my | our | us | i | we | you | your
    (give|get|put|book|make|send|take|transfer|pay|set|schedule|reserve) [me|us|it|in|down|that]
    (enter|type|use) [me|us|it|in|down|that]
    make it | make that | change it to | change that to | change to | set it to
    call it | that makes | in total | altogether | all together | total | a total of | the total is
    my (answer|name) is | the answer is | i got | i have got | i've got | we've got | we have got
    i was born [on|in] | born [on|in] | i'm calling about | i'm calling for
    exactly | precisely | sharp | even | flat
    sir | madam | ma'am | mate | dear
    hold on | one moment | one second | one sec | just a second | just a moment | wait a second
    wait a minute | wait a moment
    just a minute | a second | a moment | hang on | a minute | one minute | hold on a second
    hold on a minute | hold on one second | give me a second | give me a moment
    hang on a second | bear with me | one of these days | you see
    to | so that's | so it's | and that's | and it's
take_back:
    no | nope | sorry | no sorry | sorry no | wait | no wait | wait no | oh wait | oops
    correction | scratch that | strike that
    i mean | i meant | no i mean | no i meant | sorry i mean | sorry i meant | rather | or rather
    my mistake | my bad
    no no | no make that | no make it | make that | no sorry i mean | excuse me | no that's wrong
    that's wrong | no not that
    actually no | actually make it | actually make that | no actually | let me correct that
    not that | i take that back
    wrong | no it's | no that's | sorry it's | sorry that's | apologies | pardon | hang on no
    change that to
    no hang on | oh no | oh sorry
not:
    not | isn't | it's not | it isn't | is not | that's not | never | without | don't | do not
    didn't | did not
    (i|we) (can't|cannot|can not|won't|couldn't) [do|make|come|come on|make it|make it on] [on]
    (i|we) (don't|do not) (want|need|like|mean|have) [to]
    (not|never) (on|at|for|the|in) | don't (want|need|like|do|book|make it|take|send)
    can't [do|make|come] [on] | cannot [do|make|come]
not_after:
    (doesn't|does not|won't|will not|wouldn't|didn't) work [for me]
    (is|it's|is just) (no good|not possible|not good|not okay|impossible|out|too late|too early)
    (is|it's|is just) (bad|no)
    is not | isn't (good|possible|okay|right|it) | is wrong | was wrong | not available
    is not right | is full
except:
    anything but | any day but | any time but | anytime but | any day except [for] | except [for]
    but not | but | other than
    apart from | excluding | besides | all but | any but | anything except | everything but
    aside from | every day but
    everyday but | instead of | rather than | unless
or:
    or | or maybe | or perhaps | either | or even | nor | neither | whichever | or else
    or possibly
to:
    to | through | thru | - | ~- | and
from:
    from | between | anywhere from | anywhere between | somewhere between | either
about:
    about | around | roughly | approximately | approx | almost | nearly | say about | circa
    close to | something like
    more or less | or so | ish | give or take | somewhere around | maybe | perhaps | probably
    possibly | i think | i think it's
    i guess | i believe | i suppose | i'm not sure but | not sure | i'm not sure | or thereabouts
    or something | something
    maybe about | could be | might be | i'd say about | about the | i think so | roundabout
    just about | more like | i reckon
bound:
    at least | at most | more than | less than | no more than | no less than | not more than
    not less than | over | under
    above | below | up to | as many as | as much as | fewer than | no fewer than | greater than
    a minimum of | a maximum of
    till | up to and including | to before | minimum | maximum | max | before | after | by | until
    since | no later than | not before
    not after | no earlier than
    not later than | not earlier than | later than | earlier than | past | from | starting
    or more | or less | or later
    or earlier | or fewer | or before | or after | and up | at the latest | at the earliest | tops
    within | any time after
    anytime after | any time before | anytime before | some time after | sometime after
    sometime before | onwards | on or after
    on or before | at the most | at the least | just over | just under | a little over | a bit over
    a bit more than | well over
void:                                           # what is said is another kind of thing
    what (day|date|time|month|year) (is it|is|was|will|do|does|are)
    (what|which) (day|date) | how (many|much)
    every | each | percent | per cent | % | per | quarters | times
"""

EN_BESIDE_RULES = """
number_filler:
    (people|persons|person|guests|guest|adults|adult|kids|kid|children|child|tickets|ticket|seats)
    (seat|pieces|piece|items|item)
    (of us|of them|of those|of these|in total|years|years old|year old|nights|night|rooms|room)
    (copies|copy|units|unit|boxes|box|bags|bag|bottles|bottle|degrees|students|passengers)
    (passenger|travellers|travelers|friends)
    (a|the) (table|party|group|total|room|booking|reservation) (for|of) | party of | table for
    group of | a family of
    we're a party of | we are a party of | for a party of
    number | the number is | my number is | number is | quantity | count
    will be coming | are coming | coming | will be there | there will be
    myself and | in our party | in my party | in the party
number_void:
    no one | nobody | everyone | anyone | this one | that one | which one | the one | another one
    foot | feet | inches | inch
money_filler:
    (to|into|from|in) (savings|checking|my savings|my checking|my account|the account)
    (to|into|from|in) (my savings account|my checking account)
    today | now | (the|an) amount (is|of) | amount | the amount is | worth [of] | in cash | cash
    balance | payment of | a payment of | the payment
    on my card | on the card | by card | towards it | towards the bill | towards my bill
    towards my balance | this month
    checks | check
money_void:
    half of (it|that|them|the balance) | (all|everything|the rest|the whole) [of it]
date_filler:
    <time> -> none ^1
    <half>
    (at|around|about|by|before|after) <time>
    (early|late|mid) (morning|afternoon|evening)
    morning | afternoon | evening | night | (in the|at) (morning|afternoon|evening|night)
    first thing | first thing in the morning | first thing on | could it be | around lunchtime
    at lunchtime | lunchtime | all day
    appointment | my appointment is | my appointment | the appointment | an appointment
    the date is | date | my birthday is | birthday | my date of birth is
    date of birth | the date of birth is | my birth date is | dob | the day | day | on the
    the date | come in | drop by | stop by | pop in | come by
    was born on | was born | purchased on | bought it on | bought it | it happened on | it happened
    delivered on | arrived | i paid on
    book (it|me) for | schedule it for | reschedule to | reschedule it to | move it to | push it to
date_void:
    week after week | within
    (in|for) (a|one) (day|week|month) or (two|so|three)
time_filler:
    <date> -> none ^1
    (on|for|this|next) <date>
    o'clock
    appointment | my appointment is at | the appointment | time | the time is | message
    this is a message | a message | come in | pick up | delivery
    (would|could|can) you call [me] [at] | call [me] at | call me | arrive at | i arrive at
    leave at | works for everyone | would suit me | suits me
time_void:
    (in|for) <en_count> (hours|hour|minutes|minute|seconds|days|weeks)
    (in|for) half an hour | half an hour | an hour | in an hour
    <en_count> (hours|minutes|people|seconds|times)
en_card:
    phone | account | card | pin | customer | order | reference | member | membership | employee
    booking | confirmation | security | access | policy | case | ticket | tracking | mobile | cell
    cellphone | contact | home | office | work | telephone | student | staff | invoice | zip | post
    postal | area | four digit | six digit
en_number_of:
    number | code | pin | id | digits | phone | card | account | mobile | cell | passcode
    password
    extension
digits_filler:
    [the|my] [last|first] (two|three|four|five|six|2|3|4|5|6|8|10) (digits|numbers) [are|is]
    (my|the|your|our|a|his|her) [<en_card>] <en_number_of> [is|ends in|ends with|it's|would be]
    (phone|account|card|pin|customer|order|reference|member|employee|booking) number [is]
    (confirmation|policy|case|mobile|cell) number [is]
    (number|code|pin|account|it ends in|ends in|ending in|ends with|ending with|digits are) [is]
    (it begins with|the last four digits are|the last four are|last four|the digits are|id) [is]
    (extension) [is]
    (you can|please|just) (reach|call|text|ring|phone|contact) (me|us) (at|on)
    (reach|call|text|ring|phone|contact) (me|us) (at|on)
    dash | hyphen | dot | space | slash | ~- | ~. | ~, | - | then | next | and then | followed by
    area code | country code | thanks for that | thank you for that
    , | star | pound | hash | hash key
    that's it | that's all | that is all | end | done
digits_noise:                                   # words that sound like a digit, between digits
    to=2 too=2 tu=2 for=4 fore=4 won=1 ate=8 tree=3 free=3 sex=6 nein=9 fife=5 niner=9
letter_x:
    x | ex
plus:
    plus | +
"""

"""English yes and no. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("EN_YES_NO_RULES",)

EN_YES_NO_RULES = """
en_right:
    right | correct | fine | good | okay | ok | alright | all right | true | great | perfect
    accurate | possible | acceptable | lovely | wonderful | excellent | brilliant | super | ideal
    exactly right | quite right | absolutely right | perfectly fine | just fine | the one
    the case
en_wrong:
    wrong | incorrect | false | mistaken | all wrong | completely wrong | totally wrong | a mistake
    inaccurate
en_it_is:
    that's | that is | it's | it is | this is | you're | you are | that sounds | sounds
    that looks | looks | everything is | everything's
    they're | they are | all is | that was | that'd be | that would be | that'll be | it all looks
    which is | i'm | i am
en_it_is_not:
    not | isn't | is not | that's not | that isn't | that is not | it's not | it isn't | it is not
    this isn't | this is not | aren't
    you're not | they're not | wasn't | that wasn't | no longer | hardly | that doesn't sound
    doesn't look | doesn't seem | that doesn't look | that doesn't seem | it doesn't look
    doesn't sound | it's never | this one isn't | that can't be | it can't be | can't be
    that cannot be | it cannot be | cannot be | that couldn't be | that can not be
en_quite:
    quite | really | exactly | all | entirely | totally | completely | at all | very | always | so
    that | too
en_surely:
    absolutely | certainly | definitely | of course | surely | positively | obviously | clearly
    totally | naturally
yn:
    (yes|yeah|yep|yup|yah|yea|aye|yessir|yes sir|yes ma'am|affirmative|indeed|okay|ok|okey) -> yes
    (sure|exactly|correct|right|alright|all right|fine|perfect|great|agreed|true|okie dokie) -> yes
    (roger|totally|good|confirmed|accept|confirm|please) -> yes
    (sure thing|of course|you bet|you got it|go ahead|go right ahead|go for it|please do) -> yes
    (by all means|why not|sure why not|do it|let's do it|let's do that|for sure|no problem) -> yes
    (no problem at all|no worries|not a problem|with pleasure|gladly|uh huh|uhhuh|okay then) -> yes
    (very well|yes indeed|sounds like a plan|do that|please go ahead|carry on|i agree) -> yes
    (i confirm|i accept|you've got it|that's it|that's me|that's the one|that's a yes) -> yes
    (spot on|bingo|couldn't be better|can't complain) -> yes
    (not bad|couldn't agree more|could not agree more|i would love to|i'd love that) -> yes
    (not a chance|no chance at all|i'd rather you didn't) -> no
    <en_surely>                                 -> yes
    <en_surely> (yes|right|correct)             -> yes
    (i|we|it) <en_surely> (do|does|is|am|are|would|will) -> yes
    <en_surely> (i|we|it) (do|does|is|am|are|would|will) -> yes
    (i|we|it) <en_surely> (don't|doesn't|isn't|am not|won't|wouldn't|do not|will not) -> no
    <en_surely> (i|we|it) (don't|doesn't|isn't|am not|won't|wouldn't|do not|will not) -> no
    <en_surely> <en_it_is> <en_right>           -> yes
    <en_it_is> <en_right> [by me|with me|for me|to me|then] -> yes
    <en_it_is> <en_quite> <en_right>            -> yes
    (i do|it is|i am|i would|i will|it does|it was|we do|we are|i did|i have|that is) -> yes
    (you are|you did|they are|it will|that will do|that'll do|that would be lovely) -> yes
    (i'd like that|i'd love to|i would like that|i want that|i want to|i'd like to) -> yes
    (that|it|this) (works|will work|would work|is okay with me) [for me|for us] -> yes
    (that|it|this) (is fine with me|is good) [for me|for us] -> yes
    (works for me|fine by me|fine with me|good for me|okay with me|okay by me|suits me) -> yes
    (good enough|all good|looks good|looks right|sounds right) -> yes
    (that's|that sounds|sounds|it sounds) (good|great|fine|perfect|lovely|right) [to me] -> yes
    (that's|that sounds|sounds|it sounds) (wonderful|excellent|about right) [to me] -> yes
    (yes|yeah) (it is|i do|i am|i would|i will|that's right|it does|of course|please) -> yes
    (not|nothing|nothing's|nothing is) <en_wrong> [with that|with it] -> yes
    (isn't|that's not|it's not|that isn't|it isn't) <en_wrong> -> yes
    (i think so|i guess|i guess so|i suppose|i suppose so|i believe so|probably) -> yes ~
    (most likely|more or less|i hope so|i reckon|i'd say so|pretty much|seems right) -> yes ~
    (seems so|sort of) -> yes ~
    (mhm|mm hmm|mmhmm|mm hm|m hm|mhmm|hmm mm|uhum|uh hum) -> yes ~
    (no|nope|nah|nay|negative|never|no sir|no ma'am|never mind|nevermind|wrong|incorrect) -> no
    (false|no way|no thanks|no thank you|no chance|not now|not today|not yet|not me|nuh uh) -> no
    (please don't|please do not|please no|please not) -> no
    (uh uh|not on your life|cancel|stop|decline|refuse|reject|forget it|forget about it) -> no
    (no need|not interested|not that|not that one|not this|no can do|not likely|don't|do not) -> no
    (certainly not) -> no
    not (really|exactly|at all|quite|entirely|particularly|necessarily|so much|for me) -> no
    <en_surely> not                             -> no
    (i'm|i am) afraid not                       -> no
    (i'd|i would) (rather not|prefer not|prefer not to|rather you didn't|not like that) -> no
    (i'd|i would) (not like to) -> no
    (i|we) (don't|do not|won't|will not|wouldn't|would not|didn't|did not|can't|cannot) -> no
    (i|we) (haven't|am not|never did|never said that) -> no
    (i'm not|it isn't|it is not|it's not|that isn't|that is not|that's not|they aren't) -> no
    (it doesn't|it won't|it wasn't|we're not|you're not|this isn't|this is not|that's not it) -> no
    (it's not it|isn't) -> no
    (i|we) (don't|do not) (want|need|like|agree|accept|wish|want to|need to|think so) -> no
    (i|we) (don't|do not) (believe so|care to|want it|want that|need that|need it|like that) -> no
    (i|we) (don't|do not) (like it|want this|want any) -> no
    (don't|do not) (do that|do it|do this|want to|want that|want it|want|need|need that) -> no
    (don't|do not) (need it|think so|agree|bother) -> no
    i didn't (say|want|ask for|mean) [that|this|it] -> no
    (that's|it's|that is) not (it|what i (said|want|wanted|asked for|meant|need)|the one) -> no
    (that's|it's|that is) not (my (name|number|date|order|account|address)|me|mine) -> no
    <en_it_is> [all|completely|totally] <en_wrong> -> no
    <en_wrong>                                  -> no
    <en_it_is_not> [<en_quite>] <en_right>      -> no
    (you|you've) got (it|that) wrong            -> no
    (that's|it's|that is|that'd be) a (no|negative)  -> no
    (that's|it's|that is|that'd be) a (yes|positive|definite yes) -> yes
    (definitely|absolutely|certainly) (no|wrong) -> no
    (that's|it's|that is|that'd be) a (hard|firm|definite|big|flat|clear) no -> no
    (that's|it's|that is|that'd be) a (firm|definite|big|clear) yes -> yes
    (by no means|under no circumstances|in no way|on no account|not anymore|not any more) -> no
    (hardly|not in a million years|i disagree|we disagree|no i disagree) -> no
    (no doubt|no doubt about it|without a doubt|without doubt|no question about it) -> yes
    (undoubtedly|doubtless|beyond doubt|beyond a doubt) -> yes
    i (guess|suppose|think|hope|believe|assume|expect|fear) not -> no ~
    i'd (guess|say) not                         -> no ~
    no (it's|that's|it is|that is) (not|wrong|incorrect) -> no
    (it|that|this) (doesn't|does not|won't|wouldn't) work [for me] -> no
yn_doubt:
    (nearly|almost|partly|partially|half|mostly|kind of|somewhat) [<en_right>]  # not quite
    not (yes|no) | (i|you) (didn't|don't|can't|won't|wouldn't|couldn't|never) (say|said) (yes|no)
    i (did not|do not|cannot|will not|would not) say (yes|no) | i'm not saying (yes|no)
    it's not that | it isn't that | i don't disagree | i do not disagree | no wonder | no matter
    maybe | perhaps | not sure | i'm not sure | i am not sure | no idea | i don't know | don't know
    i do not know | i've no idea | i have no idea
    possibly | it depends | depends | either | whatever | i'm not certain | not certain
    hard to say | could be | i can't say | dunno | i dunno | i can't remember | not that i know of
    maybe not | perhaps not | probably not | i doubt it | yes and no | yes or no | i can't decide
    i'm unsure | unsure | i forgot | i don't remember | i don't care | i couldn't say
yn_question:
    do i have to | do we have to | must i
    what | who | why | how | which | when | where | what's | who's | whose | pardon | pardon me
    excuse me | i beg your pardon | come again | say again
    is it | is that | is this | did you | do you | can you | could you | are you | would you
    will you | does it | does that | was it | is there | do i | am i | can i | could i | should i
    isn't it | isn't that | aren't you | didn't i | did i | have you | has it
    repeat | repeat that | say that again | sorry what | what was that | once more | one more time
    again | i didn't hear | i didn't get that | i didn't catch that | i don't understand
    i do not understand | can't hear | i can't hear you | didn't understand | i didn't understand
    i didn't hear you | hear you | ?
    is that (right|correct|okay|ok|true|fine) | is it (right|correct|okay|ok|true|fine) | right now
    are you sure | you sure | no idea what
    i don't (get it|follow|hear you)
yn_but:
    but | except | however | although | though | only if | if | unless | apart from | or
    other than | instead | change | actually
yn_filler:
    thanks | thank you | thank you very much | please | that's all | for me | you know | i said
    dear | my friend | love | mate | sir | madam | ma'am | honestly | of course
    a | the | it | that | this | well | oh | ah | um | uh | er | hmm | so | just | and | then | i
    me | with that | with it | to that | for now | then | i think | i'm sure | hm | mm | erm | eh
    hello | hi | one | very much | at all | sounds | all | my | name | number | thing | what i said
    i'd like | i would like | uhm | definitely | really | now | today | there | to me | you
    because | hell | heck | god | lord | gosh | damn | from me | from us | the answer is
    my answer is | i say | i'd say
"""

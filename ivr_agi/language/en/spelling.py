"""English: letters as callers spell them, and the words of an e-mail address. Data. No I/O."""

from __future__ import annotations

__all__ = ("EN_EMAIL_RULES", "EN_SPELLING_RULES")

EN_SPELLING_RULES = """
letter_name:
    a=A b=B c=C d=D e=E f=F g=G h=H i=I j=J k=K l=L m=M n=N o=O p=P q=Q r=R s=S t=T u=U v=V w=W
    x=X y=Y z=Z zed=Z zee=Z ex=X double_u=W aitch=H jay=J kay=K cue=Q vee=V ef=F em=M
letter_word:                                    # NATO, and the police's and the old phone books'
    alpha=A alfa=A bravo=B charlie=C delta=D echo=E foxtrot=F fox_trot=F golf=G hotel=H india=I
    juliet=J juliett=J kilo=K lima=L mike=M november=N oscar=O papa=P quebec=Q romeo=R sierra=S
    tango=T uniform=U victor=V whiskey=W whisky=W x_ray=X xray=X yankee=Y zulu=Z
en_letter_kind:
    letter | the letter | capital | capital letter | uppercase | upper case | lowercase | lower case
    small | big
letter:
    am=AM pm=PM                                 # A M, as the recogniser writes it
    <letter_name>
    <letter_word>
    <letter_name> (as in|like|like in|as|for|is for|as for) <*> -> as_in $1 $2
    <letter_name> (as in|like|like in|is for) <*>   -> as_word $1 $2 ~
    <en_letter_kind> <letter_name>              -> $2
    <en_letter_kind> <letter_name> (as in|like|like in|as|for|is for|as for) <*> -> as_in $2 $3
    (double) <letter_name>                      -> repeat 2 $1
    (triple|treble) <letter_name>               -> repeat 3 $1
    (double) <letter_word>                      -> repeat 2 $1
    (triple|treble) <letter_word>               -> repeat 3 $1
    two <letter_name> 's                        -> repeat 2 $1
nato_digit:
    niner=9 fife=5 fower=4 tree=3
spell_filler:
    (my|the|our|your|that's|a) (reference|code|booking|booking code|reference code|postcode) [is]
    (my|the|our|your|that's|a) (reference number|order|order code|serial number|zip code) [is]
    (my|the|our|your|that's|a) (confirmation code|tracking code|record locator|licence|license) [is]
    (my|the|our|your|that's|a) (product code|model|model number|passport|passport number) [is]
    (my|the|our|your|that's|a) (e mail|email|email address|e mail address|mail|mail address) [is]
    (reference|code|booking|booking code|serial number|postcode|passport|passport number) [is]
    (email|email address) [is] | (all|it's all|all in) (lowercase|lower case|one word|caps|capitals)
    spelled | spelt | that's spelled | spelling is | all one word | one word | letters | in capitals
    (small|big) letters
"""

EN_EMAIL_RULES = """
email_at:
    at | at sign | the at sign
email_dot:
    dot=. point=. period=. full_stop=.
email_sign:
    underscore=_ under_score=_ hyphen=- dash=- minus=- plus=+ plus_sign=+
email_domain:
    gmail=gmail g_mail=gmail google_mail=googlemail googlemail=googlemail yahoo=yahoo
    hotmail=hotmail hot_mail=hotmail outlook=outlook icloud=icloud i_cloud=icloud live=live
    msn=msn aol=aol gmx=gmx proton=proton protonmail=protonmail proton_mail=protonmail
    foxmail=foxmail fox_mail=foxmail sina=sina qq=qq q_q=qq aliyun=aliyun yeah=yeah
"""

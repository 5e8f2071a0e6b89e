"""Words that questions are made of, whatever they are about."""

_WORDS = (
    "a about actually all also am an and any anybody anyone are as at be because been being but"
    " by can could did do does doing don for from get give go gonna got had has have having he"
    " hello her here hers hey hi him his how i if in into is isn it its just know let like ll"
    " may maybe me might mine more my need no not of off oh ok okay on one or our out please re"
    " really s say she should so some something sorry t tell than thank thanks that the their"
    " them then there these they thing this those to too uh um us ve very want was we well"
    " were what when where which who why will with would yes you your yours"
)
STOP_WORDS = frozenset(_WORDS.split())

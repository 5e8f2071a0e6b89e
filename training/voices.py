"""Who speaks for training, and who only for tests and for choosing thresholds."""

from training.people import ACTORS, READERS, STAMP_LANGUAGES

# Never trained on: the test's variants of espeak-ng, flite's awb, and the voices by which
# thresholds are chosen.
TEST_VARIANTS = ("m3", "f4", "klatt4", "Mike", "Alicia", "zac")
VALIDATION_VARIANTS = ("m7", "f2", "klatt2", "Andy")
VALIDATION_FESTIVAL = ("ked_diphone", "pc_diphone")
TEST_FLITE = "awb"

VARIANTS = (
    *("", "m1", "m2", "m4", "m5", "m6", "m8", "f1", "f3", "f5", "klatt", "klatt3", "klatt5"),
    *("klatt6", "whisperf", "adam", "anika", "announcer", "antonio", "aunty", "belinda"),
    *("benjamin", "boris", "caleb", "david", "ed", "edward", "grandma", "grandpa", "gustave"),
    *("iven", "iven2", "john", "linda", "marcelo", "max", "michel", "miguel", "norbert", "pablo"),
    *("paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis"),
    *("victor", "Alex", "Andrea", "Annie", "Denis", "Diogo", "Gene", "Henrique", "Hugo", "Lee"),
    *("Marco", "Mario", "Michael", "Nguyen", "Storm"),
)
# Minutes of each voice or language before augmentation.
ESPEAK_MINUTES = {
    **{"en-us": 34.0, "en-029": 12.0, "en-gb-x-rp": 14.0, "en-gb-scotland": 14.0, "de": 5.0},
    **{"fr": 5.0, "es": 4.0, "it": 4.0, "pt": 4.0, "nl": 4.0, "pl": 5.0, "sv": 4.0, "tr": 3.0},
    **{"hu": 3.0, "ru": 4.0, "cs": 3.0},
}
FLITE_MINUTES = {"slt": 24.0, "rms": 24.0, "kal16": 8.0, "kal": 2.0}
FESTIVAL_MINUTES = {
    **{"kal_diphone": 6.0, "cmu_us_slt_arctic_hts": 8.0, "czech_dita": 6.0, "czech_krb": 6.0},
    **{"czech_machac": 6.0, "czech_ph": 6.0, "hy_fi_mv_diphone": 7.0, "suo_fi_lj_diphone": 7.0},
    **{"lp_diphone": 8.0, "upc_ca_ona_hts": 7.0, "msu_ru_nsh_clunits": 12.0},
    **{"hindi_NSK_diphone": 5.0, "marathi_NSK_diphone": 5.0, "telugu_NSK_diphone": 5.0},
}
# People, all that there is of each, pauses included: at most 27 minutes, of actors 178.
PEOPLE_MINUTES = {ACTORS: 200.0, **dict.fromkeys((*READERS, *STAMP_LANGUAGES), 30.0)}

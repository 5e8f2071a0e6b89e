"""The words that a prompt may say, and what each of them means for a look."""

from typing import Any

Meaning = tuple[str, Any]

# Words that mean one thing wherever they stand.
PLAIN: dict[Meaning, str] = {
    ("art", "studio"): "studio photo photographic realistic soft 3d shaded painted",
    ("art", "poster"): "poster flat ink inked comic comics cartoon graphic retro vector outlined",
    ("kind", "fox"): "fox foxes vixen",
    ("kind", "cat"): "cat cats kitten kitty tabby",
    ("kind", "rabbit"): "rabbit rabbits bunny hare",
    ("kind", "bear"): "bear bears teddy grizzly panda",
    ("form", "woman"): (
        "woman women female lady girl she her feminine mother mum mom grandmother grandma granny "
        "sister daughter queen actress waitress hostess businesswoman stewardess"
    ),
    ("form", "man"): (
        "man men male gentleman guy boy he his masculine father dad grandfather grandpa brother "
        "son king actor waiter host businessman steward"
    ),
    ("age", "young"): "young youthful teen teenage teenager girl boy student kid child twenties",
    ("age", "adult"): "adult grown thirties forties",
    ("age", "senior"): (
        "old older elderly senior aged retired grandmother grandma granny grandfather grandpa "
        "sixties seventies eighties pensioner"
    ),
    ("hair_colour", "blonde"): "blonde blond",
    ("hair_colour", "brown"): "brunette",
    ("hair_colour", "ginger"): "ginger redhead redheaded",
    ("hair", "bald"): "bald hairless",
    ("hair", "afro"): "afro",
    ("hair", "bob"): "bob",
    ("hair", "bun"): "bun topknot updo chignon",
    ("hair", "ponytail"): "ponytail",
    ("hair", "pixie"): "pixie",
    ("hair", "buzz"): "buzzcut buzz shaved cropped",
    ("hair", "quiff"): "quiff pompadour",
    ("hair", "curls"): "curls curly curled",
    ("hair", "waves"): "waves wavy",
    ("hair", "headscarf"): "headscarf hijab scarf veil",
    ("beard", "full"): "bearded",
    ("beard", "none"): "cleanshaven shaven beardless",
    ("freckles", True): "freckles freckled",
    ("earrings", True): "earrings earring",
    ("glasses", "round"): "glasses spectacles eyeglasses bespectacled",
    ("beard", "short"): "beard",
    ("beard", "stubble"): "stubble stubbly unshaven",
    ("beard", "moustache"): "moustache mustache",
    ("beard", "goatee"): "goatee",
    ("clothes", "tee"): "tee tshirt top jersey sportswear athletic sporty",
    ("clothes", "shirt"): "shirt blouse waiter waitress receptionist polo",
    ("clothes", "blazer"): (
        "blazer suit jacket business businessman businesswoman lawyer manager banker tie formal "
        "executive professional elegant"
    ),
    ("clothes", "hoodie"): "hoodie sweatshirt developer programmer gamer casual streetwear",
    ("clothes", "turtleneck"): "turtleneck rollneck designer architect poloneck",
    ("clothes", "cardigan"): "cardigan teacher librarian cosy cozy knitwear sweater jumper",
    ("clothes", "coat"): "doctor physician nurse scientist pharmacist dentist labcoat lab coat",
    ("clothes", "overalls"): "overalls dungarees mechanic gardener farmer carpenter apron",
    ("face", "oval"): "oval",
    ("face", "round"): "round-faced chubby plump",
    ("face", "square"): "square-jawed rugged",
    ("face", "heart"): "heart-shaped",
    ("skin", "ebony"): "african nigerian kenyan senegalese ghanaian",
    ("skin", "brown"): "indian pakistani bengali somali ethiopian",
    ("skin", "tan"): "latino latina hispanic mexican brazilian polynesian arab arabic",
    ("skin", "olive"): "mediterranean italian greek spanish turkish persian",
    ("skin", "beige"): "asian japanese chinese korean vietnamese thai",
    ("skin", "porcelain"): "scandinavian nordic swedish norwegian irish scottish",
    ("scene", "leaves"): "leaves plants plant garden nature forest jungle",
    ("scene", "bokeh"): "bokeh lights evening night party",
    ("scene", "window"): "window office room indoors",
    ("scene", "arch"): "arch archway",
    ("scene", "disc"): "sun disc circle",
    ("scene", "plain"): "plain simple",
}

# Nouns that take the words before them: noun -> what is described.
NOUNS: dict[str, str] = {
    "hair": "hair haired locks strands bob bun ponytail curls waves afro pixie quiff braids fringe",
    "skin": "skin skinned complexion",
    "eyes": "eyes eyed eye",
    "face": "face faced jaw",
    "glasses": "glasses spectacles eyeglasses frames",
    "beard": "beard bearded",
    "clothes": (
        "tee tshirt top jersey shirt blouse polo blazer suit jacket hoodie sweatshirt turtleneck "
        "rollneck cardigan sweater jumper coat overalls dungarees dress clothes clothing outfit "
        "scarf headscarf hijab apron"
    ),
    "background": "background backdrop wall",
    "fur": "fur furred fox cat kitten kitty rabbit bunny hare bear teddy",
    "person": "man woman person lady gentleman girl boy guy",
}

# What a word means before such a noun.
BEFORE: dict[str, dict[Meaning, str]] = {
    "hair": {
        ("hair_colour", "black"): "black dark raven",
        ("hair_colour", "brown"): "brown brunette",
        ("hair_colour", "chestnut"): "chestnut hazel",
        ("hair_colour", "auburn"): "auburn copper burgundy",
        ("hair_colour", "ginger"): "red ginger orange",
        ("hair_colour", "blonde"): "blonde blond golden fair yellow light honey",
        ("hair_colour", "platinum"): "platinum ash",
        ("hair_colour", "grey"): "grey gray greying salt",
        ("hair_colour", "white"): "white silver silvery",
        ("hair_colour", "blue"): "blue navy",
        ("hair_colour", "pink"): "pink magenta rose",
        ("hair_colour", "teal"): "green teal turquoise mint",
        ("hair", "long"): "long straight braids",
        ("hair", "waves"): "wavy flowing",
        ("hair", "curls"): "curly",
        ("hair", "short"): "short",
        ("hair", "bald"): "no",
    },
    "skin": {
        ("skin", "porcelain"): "pale porcelain white very-light",
        ("skin", "fair"): "fair light rosy",
        ("skin", "beige"): "beige medium golden",
        ("skin", "olive"): "olive",
        ("skin", "tan"): "tan tanned bronze",
        ("skin", "brown"): "brown",
        ("skin", "deep"): "dark deep",
        ("skin", "ebony"): "black ebony",
    },
    "eyes": {
        ("eyes", "brown"): "brown chestnut",
        ("eyes", "dark"): "dark black",
        ("eyes", "hazel"): "hazel",
        ("eyes", "green"): "green emerald",
        ("eyes", "blue"): "blue bright",
        ("eyes", "grey"): "grey gray silver",
        ("eyes", "amber"): "amber golden yellow",
    },
    "face": {
        ("face", "oval"): "oval long",
        ("face", "round"): "round full",
        ("face", "square"): "square strong angular",
        ("face", "heart"): "heart pointed",
    },
    "glasses": {
        ("glasses", "round"): "round",
        ("glasses", "square"): "square rectangular thick angular black",
        ("glasses", "cat-eye"): "cat-eye cateye vintage",
    },
    "beard": {
        ("beard", "full"): "full long big thick bushy",
        ("beard", "short"): "short trimmed neat",
    },
    "clothes": {},
    "background": {("scene", "plain"): "plain simple"},
    "fur": {
        ("fur", "black"): "black dark",
        ("fur", "white"): "white snow arctic polar",
        ("fur", "grey"): "grey gray silver",
        ("fur", "brown"): "brown chocolate",
        ("fur", "ginger"): "ginger red orange",
        ("fur", "sand"): "sand golden cream beige",
    },
    "person": {("skin", "ebony"): "black", ("skin", "fair"): "white"},
}

# Colours that several things may have, by the other words for them.
SHADES: dict[str, str] = {
    "red": "scarlet crimson", "coral": "salmon", "orange": "", "yellow": "golden lemon",
    "mustard": "ochre", "green": "emerald", "olive": "khaki", "mint": "", "teal": "turquoise",
    "sky": "azure", "blue": "", "navy": "indigo", "purple": "violet plum",
    "lilac": "lavender mauve", "pink": "rose", "burgundy": "maroon wine", "brown": "chocolate",
    "sand": "beige tan camel", "white": "ivory cream", "grey": "gray silver",
    "charcoal": "anthracite", "black": "",
}  # fmt: skip

NEGATIONS = frozenset(
    ["no", "not", "without", "never", "lacks", "lacking", "hasnt", "isnt", "doesnt"]
)
# Where a negation, or the reach of an adjective, ends.
ENDS = frozenset(["with", "but", "and", "wearing", "has", "having", "in", ",", ";", "."])

# Given names that nearly always say one thing. They count where no other word does.
GIVEN_NAMES: dict[Meaning, str] = {
    ("form", "woman"): (
        "ada aisha alice alma amara amelia amina amy ana anna anne aria astrid beatrice bella "
        "carla carmen caroline catherine charlotte chloe clara edda elena elisa elizabeth ella "
        "emily emma erika esther eva fatima flora freya gita giulia hana hannah helen helena "
        "ida ines ingrid irene isabel isabella jana jane jessica julia karin kate katherine "
        "laura layla lea leila lena lily linda lisa lucia lucy maria marie martha mary maya mia "
        "mira nadia natalie nina nora olga olivia paula pia priya rachel rebecca runa sara "
        "sarah sofia sophia sophie stella susan tara tessa uma vera victoria yara yuki zara zoe"
    ),
    ("form", "man"): (
        "aaron abdul adam ahmed albert alexander ali andreas andrew anthony antonio arthur ben "
        "benjamin brian bruno carlos charles christopher daniel dario david diego dmitri edward "
        "elias elio emil enzo eric erik felix finn fritz george giovanni hans harry henry "
        "hiroshi hugo ibrahim igor ivan jacob james jan javier john jonas jose joseph karl "
        "kenji kevin kofi lars leo leon liam louis luca lucas luis lukas magnus marco mario "
        "martin matteo matthew max michael mohammed nicholas nils noah oliver omar oscar otto "
        "pablo patrick paul pedro peter philip rafael rajesh remo richard robert samuel "
        "sebastian simon stefan steven theo thomas tobias toma tom viktor vincent walter "
        "william wei yusuf"
    ),
}

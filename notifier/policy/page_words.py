"""The wordings by which a page's statements are known, in English and in Spanish.

What they read has small letters, no accents and straight quotes (normalising), and is cut into sentences (PIECES); none
looks further than a sentence, or than some 80 characters. Patterns stand as text: `re` compiles one when it is used.
"""

from collections.abc import Mapping

PIECES = r"[.!?]+(?=\s|$)|[\n|•·;]+"
"""Ends a sentence of a page; biographies are often cut by bars and dots."""

# --- who maintains it -------------------------------------------------------------------------------------------------

POLICE = r"\b(?:police|policia|policiaco|sheriff|constable|public safety|p\.?d)\b"
_PAGE = (
    r"(?:pages?|accounts?|profiles?|channels?|feeds?|presence|home|source|handle"
    r"|x|twitter|facebook|youtube|instagram)"
)
MAINTAINED = (
    rf"\bofficial (?:[\w'&-]+ ){{0,5}}{_PAGE}\b",
    rf"\bofficial\b(?! (?:web ?)?(?:site|business|use|dut|capacity|record))[^\n]{{0,60}}(?:{POLICE}|\bdepartment\b)",
    rf"\b{_PAGE} of the\b[^\n]{{0,80}}\b(?:police|department)\b",
    r"\b(?:maintained|run|managed|operated|administered|kept|published|staffed|hosted) by\b",
    r"\b(?:department|police|pd) (?:maintains|runs|manages|operates|administers|keeps|uses) th(?:is|e)\b",
    r"\bwe are the\b[^\n]{0,60}\b(?:police|department)\b",
    r"\b(?:paginas?|cuentas?|perfil|canal|sitio|presencia|medio|fuente) oficial(?:es)?\b",
    r"\b(?:mantenid|administrad|gestionad|operad|manejad|dirigid|publicad)[oa]s? por\b|\ba cargo del?\b",
    r"\b(?:que (?:la|lo)|departamento|policia|department|pd) (?:mantiene|administra|gestiona|opera|maneja|dirige)\b",
    r"\bl[ao]s? (?:mantiene|administra|gestiona|opera|maneja|dirige) (?:el departamento|la policia)\b",
)
DISOWNED = r"\bunofficial\b|\bparod(?:y|ia)\b|\bfan (?:page|account)\b|\bpagina de (?:fans|aficionados)\b"
"""Wherever it stands, the page is not the department's."""
NOT_MAINTAINED = (
    r"(?:\bnot|n't) (?:\w+ ){0,3}(?:official|maintained|run|managed|operated)\b"
    r"|\bno (?:\w+ ){0,3}(?:oficial|mantenid|administrad|gestionad)"
)

# --- what it is for ---------------------------------------------------------------------------------------------------

PURPOSE = (
    r"\bnews\b|\bupdates?\b|\balerts?\b|\bnotices?\b|\bnotifications?\b|\badvisor(?:y|ies)\b|\bannouncements?\b",
    r"\bbulletins?\b|\bclosures?\b|\bcrime prevention\b|\boutreach\b|\bevents\b|\bpress releases?\b|\brecruit",
    r"\b(?:safety|prevention|traffic) (?:tips?|info|information|messages|topics)\b|\bmissing (?:persons?|people)\b",
    r"\b(?:special|community|public) event\b",
    r"\b(?:public|community|important|timely|useful|local|emergency|department) (?:\w+ )?info(?:rmation)?\b",
    r"(?<!contact )\binfo(?:rmation)? (?:about|on|for|from|to|of)\b|\bkeep(?:s|ing)?\b[^\n]{0,40}\binformed\b",
    r"\b(?:inform|connect|communicat|engag)\w*\b[^\n]{0,30}\b(?:public|residents|community|citizens|neighbors|you)\b",
    r"\bpurpose of (?:this|the|our)\b",
    r"\bthis (?:\w+ ){0,2}(?:page|account|profile|channel) (?:is (?:for|used|meant|to)|shares)\b",
    r"\bnoticias?\b|\bavisos?\b|\balertas?\b|\bnotificaci(?:on|ones)\b|\bnovedades\b|\bcomunicados?\b|\banuncios?\b",
    r"\bcierres?\b|\bactualizaci(?:on|ones)\b|\bconsejos\b|\bprevencion\b|\beventos\b|\bactividades\b",
    r"(?<!mas )\binformacion (?:sobre|para|de(?! contacto)|del|a|al|importante|util|publica|local|oficial)\b",
    r"\binformar\b|\bpersonas desaparecidas\b|\bproposito de (?:esta|la|nuestra)\b",
    r"\best[ae] (?:pagina|cuenta|perfil|canal) (?:es para|sirve|ofrece|da|comparte)\b",
)
NOT_PURPOSE = (
    r"\bwithout notice\b|\bcomments?\b|\bcomentarios?\b|\bopini|\brecords?\b|\bregistros?\b"
    r"|\bterms\b|\bterminos\b|\breport\b|\bdenunci"
)

# --- how to reach the department, and where its terms stand -----------------------------------------------------------

EMAIL = r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
LINK = r"https?://\S{4,}|\b[\w-]{2,63}\.[a-z][\w.-]{1,60}/\S"
TERMS = (
    r"\bterms(?: (?:of (?:use|service)|and conditions|& conditions)|:)"
    r"|\b(?:social media|comment(?:ing|s)?|posting|community|moderation|page) (?:\w+ )?"
    r"(?:policy|policies|guidelines|rules)\b"
    r"|\b(?:house rules|rules of (?:conduct|use|engagement)|user agreement)\b"
    r"|\b(?:terminos|condiciones)(?: (?:y condiciones|de (?:uso|servicio))|:)"
    r"|\b(?:politica|normas|reglas|pautas) (?:\w+ ){0,2}"
    r"(?:redes sociales|comentarios|comunidad|uso|conducta|pagina)\b"
)

# --- whose opinions the visitors' are ---------------------------------------------------------------------------------

OPINION = (
    r"\b(?:opinions?|views?|comments?|statements?|posts?"
    r"|opinion(?:es)?|comentarios?|puntos de vista|publicaciones)\b"
)
VISITOR = (
    r"\b(?:visitors?|users?|others|public|comment(?:s|ers?|ators?)|followers?|third[ -]part(?:y|ies)|posters?|authors?"
    r"|individuals?|members? of the|people who|those who|guests?|fans|visitantes?|visitan|usuarios?|terceros?|publico"
    r"|autor(?:es)?|seguidores?|quien(?:es)?|comentan)\b"
)
NOT_OURS = (
    r"(?:\bnot|n't|\bnever|\bnor|\bneither)\b[^\n]{0,60}(?:\breflect|\brepresent|\bendors|\bthose of\b|\bthat of\b"
    r"|\bviews? of\b|\bopinions? of\b|\bours?\b|\bspeak for\b)"
    r"|\b(?:own|alone|solely|only)\b[^\n]{0,60}\bnot\b"
    r"|\b(?:no|ni|tampoco)\b[^\n]{0,60}(?:\breflej|\brepresent|\bson (?:las|los|de)|\brespald|\bcompart|\bnuestr)"
)

# --- what becomes of comments -----------------------------------------------------------------------------------------

_COMMENT = r"\b(?:comment|post|content|message|reply|replies|coment|publicaci|mensaje|contenido)"
_WATCHED = r"\b(?:monitor|moderat|review|screen|supervis|revis|moderad|moderar|vigila)\w*"
MONITORED = (rf"{_COMMENT}[^\n]{{0,80}}{_WATCHED}", rf"{_WATCHED}[^\n]{{0,80}}{_COMMENT}")
NOT_MONITORED = (
    r"(?:\bnot|n't|\bnever|\bun)[ -]?(?:\w+ ){0,3}(?:monitor|moderat|review)\w*"
    r"|\bno (?:\w+ ){0,3}(?:monitor|supervis|vigila|revis|moder)\w*"
)
REMOVED = (
    r"\b(?:remov|delet|hide|hidden|hiding|tak(?:e|en) down|block|prohibit|not (?:be )?(?:allow|permit|tolerat)"
    r"|elimin|borr|suprim|retir|ocult|quit|prohib)"
)
NOT_REMOVED = (
    r"(?:\bnever|\bnot|n't) (?!hesitate)(?:\w+ ){0,2}(?:remove|delete|hide|block)d?\b"
    r"|\bno (?:\w+ ){0,2}(?:elimina|borra|suprim|retira)"
)
REMOVALS: Mapping[str, str] = {
    "obscenities": r"\b(?:obscen|profan|vulgar|lewd|indecen|groser|foul|swear|curs(?:e|ing)|explicit|malas palabras)",
    "off-topic comments": r"\boff[ -]?topic|\bunrelated\b|\birrelevan|\bnot (?:\w+ ){0,2}(?:related|relevant|on topic)"
    r"|\bfuera del? tema|\bajen[oa]s?\b|\bno (?:\w+ ){0,3}relacion",
    "personal attacks": r"\b(?:personal(?:ly)?|individual) attack|\battacks? (?:on|against)\b|\binsult|\bharass|\babus"
    r"|\bthreat|\bbully|\bataques? (?:personal|contra|a )|\bacos|\bamenaz|\bofens|\bdefam|\bdifama",
}
"""What the order lets the department remove, each with the words that name it."""

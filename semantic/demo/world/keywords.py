"""The keywords that the demo company bids on, written by hand in its markets' languages."""

from semantic.demo.world.channels import PRODUCT_LINES

LANGUAGES = {"DE": "de", "AT": "de", "FR": "fr", "NL": "nl", "SE": "sv", "GB": "en", "NO": "no"}

# Three per product line, lines as in PRODUCT_LINES.
_GENERIC = {
    "de": "tischlampe messing, pendelleuchte, wandlampe / kissenbezug, bettwäsche leinen, wollteppich / kaffeebecher,"
    " gusseiserner topf, schneidebrett / aufbewahrungskorb, garderobe, wandregal / beistelltisch eiche, sessel,"
    " esstisch / pflanztopf, feuerschale, gartenbank / vase, kerzenhalter, wandspiegel",
    "fr": "lampe de table, suspension, applique murale / housse de coussin, linge de lit lin, tapis laine /"
    " tasse à café, cocotte en fonte, planche à découper / panier de rangement, portemanteau, étagère murale /"
    " table d'appoint, fauteuil, table à manger / pot de fleurs, brasero, banc de jardin / vase,"
    " bougeoir, miroir mural",
    "nl": "tafellamp, hanglamp, wandlamp / kussenhoes, dekbedovertrek linnen, wollen vloerkleed / koffiemok,"
    " gietijzeren pan, snijplank / opbergmand, kapstok, wandplank / bijzettafel, fauteuil, eettafel / bloempot,"
    " vuurschaal, tuinbank / vaas, kandelaar, wandspiegel",
    "sv": "bordslampa, taklampa, vägglampa / kuddfodral, påslakan linne, ullmatta / kaffemugg, gjutjärnsgryta,"
    " skärbräda / förvaringskorg, klädhängare, vägghylla / sidobord, fåtölj, matbord / kruka, eldfat, trädgårdsbänk /"
    " vas, ljusstake, väggspegel",
    "en": "table lamp, pendant light, wall light / cushion cover, linen bedding, wool rug / coffee mug, cast iron pot,"
    " chopping board / storage basket, coat rack, wall shelf / side table, armchair, dining table / plant pot,"
    " fire bowl, garden bench / vase, candle holder, wall mirror",
    "no": "bordlampe, taklampe, vegglampe / putetrekk, sengetøy lin, ullteppe / kaffekopp, støpejernsgryte,"
    " skjærefjøl / oppbevaringskurv, knaggrekke, vegghylle / sidebord, lenestol, spisebord /"
    " blomsterpotte, bålfat, hagebenk / vase, lysestake, veggspeil",
}
_BRAND = ("kupferhain", "kupferhain shop", "kupfer hain")
_MATCH_TYPES = ("exact", "phrase", "broad")


def keyword_rows() -> list[tuple[object, ...]]:
    """Return a row per keyword: language, product line, number, keyword and match type.

    The product line is "Brand" for the brand, and "All" for several lines.
    """
    rows: list[tuple[object, ...]] = []
    for language, written in _GENERIC.items():
        lines = [[word.strip() for word in line.split(",")] for line in written.split("/")]
        for line, words in zip(PRODUCT_LINES, lines, strict=True):
            rows += [(language, line, nth, word, _MATCH_TYPES[nth]) for nth, word in enumerate(words)]
        rows += [(language, "All", nth, lines[2 * nth][0], _MATCH_TYPES[nth]) for nth in range(3)]
        rows += [(language, "Brand", nth, word, _MATCH_TYPES[nth]) for nth, word in enumerate(_BRAND)]
    return rows

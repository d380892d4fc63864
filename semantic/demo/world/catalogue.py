"""The demo company's products, written by hand, and the months in which people buy them."""

import duckdb

from semantic.demo.world.draw import insert

PRODUCT_SLOTS = 1000

# Line: its share of sales, cost of goods as a share of the price, finishes, and items (name, EUR, popularity).
_CATALOGUE: dict[str, tuple[float, float, tuple[str, ...], tuple[tuple[str, float, float], ...]]] = {
    "Lighting": (14, 0.42, ("brass", "black", "linen", "smoked glass"),
        (("Table lamp Holm", 34, 5), ("Pendant Runde", 62, 3), ("Floor lamp Stav", 98, 1.5), ("Night light Glim", 9, 8),
         ("Fairy lights Funke", 7, 10), ("Wall lamp Bord", 39, 2.5), ("Chandelier Krone", 420, 0.15))),
    "Textiles": (20, 0.38, ("oat", "moss", "rust", "midnight"),
        (("Cushion cover Vide", 9, 10), ("Throw Fjell", 29, 6), ("Bed linen Sova", 42, 5), ("Curtain pair Luft", 48, 3),
         ("Rug Sand 80x150", 69, 2), ("Rug Sand 200x300", 289, 0.4), ("Bath towel Bris", 8, 9),
         ("Tea towel Rute", 4, 8))),
    "Kitchen": (18, 0.44, ("white", "stoneware", "oak", "steel"),
        (("Mug Kaffi", 5, 12), ("Plate set Fast", 26, 5), ("Pan Glod", 38, 4), ("Knife Kvass", 27, 3),
         ("Board Planke", 16, 6),
         ("Carafe Elv", 14, 5), ("Roasting pot Jern", 89, 1.2), ("Espresso maker Morgen", 349, 0.25))),
    "Storage": (13, 0.45, ("natural", "white", "grey", "bamboo"),
        (("Basket Flett", 12, 8), ("Box set Orden", 15, 7), ("Shelf Rekke", 44, 3), ("Coat rack Krok", 31, 3),
         ("Shoe bench Gang", 79, 1.2), ("Wardrobe Skap", 319, 0.3))),
    "Furniture": (9, 0.52, ("oak", "walnut", "white", "black"),
        (("Stool Tre", 38, 5), ("Side table Runde", 49, 4), ("Chair Sitte", 79, 3), ("Desk Arbeid", 179, 1),
         ("Bookcase Les", 149, 1), ("Armchair Hvile", 279, 0.7), ("Dining table Samle", 489, 0.35),
         ("Sofa Lang", 899, 0.2))),
    "Garden": (10, 0.43, ("terracotta", "zinc", "teak", "green"),
        (("Plant pot Leire", 8, 9), ("Watering can Dugg", 14, 5), ("Lantern Natt", 17, 5), ("Bird house Meis", 19, 3),
         ("Garden chair Sol", 69, 2), ("Fire bowl Glo", 95, 1.2), ("Bench Hage", 229, 0.5),
         ("Lounge set Sommer", 749, 0.12))),
    "Decoration": (16, 0.36, ("clay", "white", "copper", "forest"),
        (("Vase Rund", 15, 7), ("Candle Bie", 6, 12), ("Candle holder Stake", 11, 8), ("Frame Kant", 10, 8),
         ("Mirror Se", 59, 2),
         ("Print Himmel", 18, 5), ("Wreath Kvist", 16, 4), ("Wall clock Tid", 36, 2), ("Sculpture Form", 159, 0.4))),
}  # fmt: skip

# How much better a line sells in each month, January first; other lines sell evenly.
_SEASONS = {
    "Garden": (0.3, 0.5, 1.1, 1.9, 2.2, 2.0, 1.6, 1.2, 0.7, 0.4, 0.3, 0.3),
    "Decoration": (0.7, 0.8, 0.9, 0.9, 0.8, 0.7, 0.7, 0.8, 1.0, 1.2, 1.6, 1.7),
    "Lighting": (1.1, 1.0, 0.9, 0.8, 0.7, 0.7, 0.7, 0.9, 1.1, 1.3, 1.4, 1.3),
}


def create_catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables product and product_slot, which the lines of each month's orders are drawn from."""
    rows: list[tuple[object, ...]] = []
    for line, (part, cost, finishes, items) in _CATALOGUE.items():
        popularity = sum(weight for _, _, weight in items) * len(finishes)
        for item_no, (item, price, weight) in enumerate(items):
            for finish_no, finish in enumerate(finishes):
                number = len(rows) + 1
                dearer = 1 + 0.06 * finish_no
                rows.append(
                    (number, f"p-{number:04}", f"{item}, {finish}", line, price * dearer,
                     f"{cost + 0.02 * (item_no % 3):.2f}",
                     part * weight / popularity * (1.3 - 0.2 * finish_no), list(_SEASONS.get(line, (1.0,) * 12)))
                )  # fmt: skip
    insert(
        connection,
        "product",
        "place INTEGER, product_id VARCHAR, product VARCHAR, product_category VARCHAR, price DOUBLE, cost DECIMAL(4,2),"
        " weight DOUBLE, season DOUBLE[]",
        rows,
    )
    connection.execute(
        f"""
        CREATE TABLE product_slot AS
        WITH weighed AS (
            SELECT month::INTEGER AS month, place, (1e9 * weight * season[month])::BIGINT AS weight
            FROM product, range(1, 13) AS months(month)
        ), stacked AS (
            SELECT *, sum(weight) OVER (PARTITION BY month ORDER BY place ROWS UNBOUNDED PRECEDING) AS upto,
                sum(weight) OVER (PARTITION BY month) AS total
            FROM weighed
        )
        SELECT month, slot::INTEGER AS slot, place AS product_no
        FROM stacked, range({PRODUCT_SLOTS}) AS slots(slot)
        WHERE (slot + 0.5) * total >= (upto - weight) * {PRODUCT_SLOTS}
            AND (slot + 0.5) * total < upto * {PRODUCT_SLOTS}
        ORDER BY month, slot
        """
    )

-- The bakery's rows. $today is the day of the test; each amount is another power of two, so a sum says what is in it.
-- Everything lies in the last 13 complete weeks and before this one, whichever weekday it is.

CREATE TABLE sales AS
SELECT * REPLACE (CAST(amount AS DECIMAL(18, 2)) AS amount, CAST(cost AS DECIMAL(18, 2)) AS cost) FROM (VALUES
    ('s1', DATE '$today' - 21, 'North', 'card', 1.00, 0.50),
    ('s2', DATE '$today' - 20, 'North', 'cash', 2.00, 1.00),
    ('s3', DATE '$today' - 16, 'South', 'card', 4.00, 1.00),
    ('s4', DATE '$today' - 15, 'South', 'cash', 8.00, 4.00)
) AS t (sale_id, sold_on, till, payment, amount, cost);

CREATE TABLE sale_lines AS
SELECT s.sale_id, l.line_no, s.sold_on AS line_sold_on, l.loaf, l.pieces
FROM sales AS s JOIN (VALUES (1, 'Rye', 3), (2, 'Wheat', 2)) AS l (line_no, loaf, pieces) ON true;

CREATE TABLE door_counts AS
SELECT * FROM (VALUES
    (DATE '$today' - 20, 'Front', 200, 50),
    (DATE '$today' - 20, 'Side', 100, 40),
    (DATE '$today' - 20, 'Yard', 12, 3)
) AS t (counted_on, door, came_in, bought);

CREATE VIEW oven_readings AS SELECT range AS reading FROM range(60000000);

CREATE TABLE shelf_counts AS
SELECT range + 1 AS shelf_no, DATE '$today' - 15 AS shelf_day, 'Shelf ' || (range + 1) AS shelf, 1 AS loaves
FROM range(400);

-- A row of 2020 for each pair of a million with a million: days of work, unless a question is about other days.
CREATE VIEW old_books AS
SELECT $size * a.range + b.range AS booking, DATE '2020-01-06' AS booked_on, (a.range * b.range) % 7 AS amount
FROM range($size) AS a, range($size) AS b
UNION ALL
SELECT -1, DATE '$today' - 15, 64;

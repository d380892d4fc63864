-- Everything a hop may need beside a key: parts of tables, versions that hold for a time, ties with a share.
-- Amounts double from row to row, so a sum says which rows are in it. Keys ending in 9 point at nothing.

CREATE TABLE regions (region_id VARCHAR, region VARCHAR);
INSERT INTO regions VALUES ('n', 'North'), ('s', 'South');

-- Outlets as they were: a moved south and shrank, b closed, c was closed in February, d opens when all is over.
CREATE TABLE outlets (outlet_id VARCHAR, size VARCHAR, region_id VARCHAR, valid_from DATE, valid_to DATE);
INSERT INTO outlets VALUES
  ('a', 'big',   'n',  '2026-01-01', '2026-02-01'),
  ('a', 'small', 's',  '2026-02-01', NULL),
  ('b', 'big',   'n',  '2026-01-10', '2026-03-01'),
  ('c', 'tiny',  's',  '2026-01-01', '2026-02-01'),
  ('c', 'big',   's',  '2026-03-01', NULL),
  ('d', 'huge',  NULL, '2027-01-01', NULL),
  ('e', 'lost',  'n',  NULL,         NULL); -- since nobody knows when: never met by a day

CREATE TABLE desks (desk_id VARCHAR, outlet_id VARCHAR);
INSERT INTO desks VALUES ('d1', 'a'), ('d2', 'b'), ('d3', NULL);

CREATE TABLE sales (sale_id VARCHAR, outlet_id VARCHAR, desk_id VARCHAR, item_id VARCHAR, sold_at TIMESTAMPTZ, paid_on DATE, amount DECIMAL(18,4));
INSERT INTO sales VALUES
  ('s01', 'a',  'd1', 'i1', '2026-01-15 12:00:00+00', '2026-02-15',    1),
  ('s02', 'a',  'd1', 'i1', '2026-01-31 22:59:59+00', '2026-01-31',    2), -- the last second of January in Berlin
  ('s03', 'a',  'd2', 'i1', '2026-01-31 23:00:00+00', '2026-02-01',    4), -- the first of February
  ('s04', 'b',  'd2', 'i2', '2026-01-05 12:00:00+00', '2026-01-05',    8), -- before b opened
  ('s05', 'b',  'd2', 'i2', '2026-02-28 12:00:00+00', NULL,           16),
  ('s06', 'b',  'd9', 'i2', '2026-03-01 12:00:00+00', '2026-03-01',   32), -- the day b closed
  ('s07', 'c',  'd3', NULL, '2026-02-10 12:00:00+00', '2026-03-10',   64), -- while c was closed
  ('s08', 'c',  NULL, 'i9', '2026-03-10 12:00:00+00', '2026-01-10',  128),
  ('s09', 'd',  NULL, 'i1', '2026-03-11 12:00:00+00', '2026-03-11',  256),
  ('s10', 'e',  'd1', 'i1', '2026-03-12 12:00:00+00', '2026-03-12',  512),
  ('s11', 'z9', 'd1', 'i1', '2026-03-13 12:00:00+00', '2026-03-13', 1024),
  ('s12', NULL, NULL, 'i1', '2026-03-14 12:00:00+00', '2026-03-14', 2048),
  ('s13', 'a',  'd1', 'i1', NULL,                     '2026-01-20', 4096); -- undated
-- 8191. Sold in January 15, in February 80, in March 4000, undated 4096.

-- Prices hold between instants.
CREATE TABLE prices (item_id VARCHAR, band VARCHAR, starts_at TIMESTAMPTZ, ends_at TIMESTAMPTZ);
INSERT INTO prices VALUES
  ('i1', 'cheap', '2026-01-01 00:00:00+00', '2026-01-31 23:00:00+00'),
  ('i1', 'dear',  '2026-01-31 23:00:00+00', NULL),
  ('i2', 'cheap', '2026-01-01 00:00:00+00', NULL);

-- A picture of stock for each day, and of the shelves it lies on; a shelf is another one on another day.
CREATE TABLE stock (item_id VARCHAR, shelf_id VARCHAR, day DATE, pieces INTEGER);
INSERT INTO stock VALUES
  ('i1', 'h1', '2026-01-01',  1),
  ('i2', 'h2', '2026-01-01',  2),
  ('i1', 'h1', '2026-01-02',  4),
  ('i2', 'h2', '2026-01-02',  8),
  ('i3', 'h9', '2026-01-02', 16),
  ('i3', 'h1', '2026-01-03', 32), -- of this day there are no shelves
  ('i4', 'h1', NULL,         64);
-- 127

CREATE TABLE shelves (shelf_id VARCHAR, room_id VARCHAR, day DATE, colour VARCHAR);
INSERT INTO shelves VALUES
  ('h1', 'r1', '2026-01-01', 'red'),  ('h2', 'r1', '2026-01-01', 'red'),
  ('h1', 'r2', '2026-01-02', 'blue'), ('h2', 'r1', '2026-01-02', 'red');

CREATE TABLE rooms (room_id VARCHAR, wing_id VARCHAR, floor VARCHAR);
INSERT INTO rooms VALUES ('r1', 'w1', 'ground'), ('r2', 'w1', 'top');

-- Wings were painted over: the part is that of the stock, two hops away from the rooms, which have none.
CREATE TABLE wings (wing_id VARCHAR, day DATE, paint VARCHAR);
INSERT INTO wings VALUES ('w1', '2026-01-01', 'white'), ('w1', '2026-01-02', 'black');

-- Deals and the people in them: a share of each deal for each person. f4 has nobody, f5 an unknown person.
CREATE TABLE deals (deal_id VARCHAR, stage VARCHAR, closed_on DATE, value DECIMAL(18,4));
INSERT INTO deals VALUES
  ('f1', 'won',  '2026-01-10',  100),
  ('f2', 'won',  '2026-02-10',  200),
  ('f3', 'lost', '2026-02-11',  400),
  ('f4', 'won',  '2026-03-10',  800),
  ('f5', 'won',  '2026-03-11', 1600);
-- 3100

CREATE TABLE people_of_deals (deal_id VARCHAR, person_id VARCHAR, part VARCHAR, share DECIMAL(9,4));
INSERT INTO people_of_deals VALUES
  ('f1', 'p1', 'chooses', 1.0),
  ('f2', 'p1', 'chooses', 0.25), ('f2', 'p2', 'pays', 0.75),
  ('f3', 'p2', 'pays',    0.5),  ('f3', 'p3', 'uses', 0.5),
  ('f5', 'p9', 'uses',    1.0),
  ('f9', 'p1', 'uses',    1.0); -- of a deal that is not there

CREATE TABLE people (person_id VARCHAR, person VARCHAR, city VARCHAR);
INSERT INTO people VALUES ('p1', 'Ada', 'Bonn'), ('p2', 'Ben', 'Rome'), ('p3', 'Cem', NULL), ('p4', 'Dua', 'Oslo');

-- Inquiries, and one contract for some of them: a contract has no number but that of its inquiry. i9 was never asked.
CREATE TABLE inquiries (inquiry_id VARCHAR, source VARCHAR, town VARCHAR, asked_on DATE);
INSERT INTO inquiries VALUES
  ('i1', 'ads',  'Bonn', '2026-01-01'),
  ('i2', 'ads',  'Rome', '2026-01-02'),
  ('i3', 'mail', 'Bonn', '2026-02-03'),
  ('i4', NULL,   NULL,   '2026-02-04');

CREATE TABLE contracts (inquiry_id VARCHAR, extent VARCHAR, town VARCHAR, signed_on DATE, worth DECIMAL(18,4), partner_id VARCHAR);
INSERT INTO contracts VALUES
  ('i1', 'large', 'Oslo', '2026-02-01', 64, 'pa'),
  ('i3', 'small', 'Oslo', '2026-02-10', 32, 'pa'),
  ('i9', 'small', 'Nice', '2026-03-01', 16, NULL);

CREATE TABLE phone_calls (call_id VARCHAR, inquiry_id VARCHAR, minutes INTEGER);
INSERT INTO phone_calls VALUES ('k1', 'i1', 1), ('k2', 'i1', 2), ('k3', 'i2', 4), ('k4', 'i9', 8), ('k5', NULL, 16);

CREATE TABLE partners (partner_id VARCHAR, partner VARCHAR);
INSERT INTO partners VALUES ('pa', 'Papp'), ('pb', 'Pohl');

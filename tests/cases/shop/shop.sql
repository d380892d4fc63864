-- A shop small enough to know by heart. Amounts double from order to order, so a sum says which orders are in it.
-- Instants are UTC; each *_day is the day in Europe/Berlin. Keys ending in 9 point at nothing.

CREATE TABLE channels (channel_key VARCHAR, channel VARCHAR, channel_group VARCHAR, is_paid BOOLEAN);
INSERT INTO channels VALUES
  ('c1', 'Search',  'Paid',  true),
  ('c2', 'Social',  'Paid',  true),
  ('c3', 'Mail',    'Owned', false),
  ('c4', 'Radio',   'Paid',  true),   -- only in ads
  ('c5', 'Walk-in', 'Owned', false),  -- only in orders
  ('c6', '(none)',  'Odd',   NULL),   -- a member really called (none)
  ('c7', 'Other',   'Odd',   NULL);   -- a member really called Other

CREATE TABLE campaigns (campaign_key VARCHAR, campaign VARCHAR, channel_key VARCHAR);
INSERT INTO campaigns VALUES
  ('k1', 'Straße',           'c1'),
  ('k2', 'İstanbul',         'c2'),
  ('k3', 'Café "Olé" d''or', 'c2'),
  ('k4', 'Radio Day',        'c4'),
  ('k5', 'No channel',       NULL);

CREATE TABLE countries (country_code VARCHAR, country VARCHAR, zone VARCHAR);
INSERT INTO countries VALUES ('DE', 'Germany', 'EU'), ('AT', 'Austria', 'EU'), ('FR', 'France', 'EU'), ('NO', 'Norway', 'EEA');

CREATE TABLE customers (customer_id VARCHAR, name VARCHAR, email VARCHAR, phone VARCHAR, home VARCHAR, birth_year INTEGER, tier VARCHAR);
INSERT INTO customers VALUES
  ('u1', 'Ada',     'ada@example.com',   '+49 30 1234', 'DE', 1984, 'gold'),
  ('u2', 'Élodie',  'elodie@example.com', '+33 1 5678', 'FR', 1991, 'silver'),
  ('u3', 'Zoë',     'zoe@example.com',    NULL,         NULL, 1999, 'gold'),
  ('u4', 'Groß',    'gross@example.com',  '12',         'AT', NULL, 'silver'),
  ('u5', 'O''Brien', 'bob@example.com',   '555-0199',   'DE', 1980, 'gold'),
  ('u6', 'Nils',    'nils@example.com',   '+47 22 4711', 'NO', 1970, 'silver'); -- never ordered

CREATE TABLE orders (order_id VARCHAR, customer_id VARCHAR, channel_key VARCHAR, billing_country VARCHAR, shipping_country VARCHAR,
  device VARCHAR, ordered_at TIMESTAMPTZ, order_day DATE, amount DECIMAL(18,4), is_test BOOLEAN);
INSERT INTO orders VALUES
  ('o01', 'u1', 'c1', 'DE', 'DE', 'mobile',  '2026-03-02 09:00:00+00', '2026-03-02',   10.00, false),
  ('o02', 'u1', 'c2', 'DE', 'AT', 'mobile',  '2026-03-27 23:30:00+00', '2026-03-28',   20.00, false), -- Berlin is a day ahead
  ('o03', 'u2', 'c1', 'FR', 'FR', 'desktop', '2026-03-28 23:30:00+00', '2026-03-29',   40.00, false), -- the night clocks go forward
  ('o04', 'u2', 'c5', 'FR', 'DE', 'desktop', '2026-03-29 22:30:00+00', '2026-03-30',   80.00, false), -- a Monday only in summer time
  ('o05', NULL, 'c1', 'DE', 'DE', 'mobile',  '2026-03-31 21:59:59+00', '2026-03-31',  160.00, false), -- a guest, one second before April
  ('o06', 'u9', NULL, 'AT', 'AT', 'desktop', '2026-03-31 22:00:00+00', '2026-04-01',  320.00, false), -- no channel, unknown customer
  ('o07', 'u3', 'c9', NULL, 'DE', 'mobile',  '2026-04-15 10:00:00+00', '2026-04-15',  640.00, false), -- unknown channel
  ('o08', 'u3', 'c6', 'DE', 'DE', 'desktop', '2026-04-16 10:00:00+00', '2026-04-16',   -5.00, false), -- a credit
  ('o09', 'u4', 'c7', 'X9', 'FR', 'kiosk',   '2026-04-30 21:30:00+00', '2026-04-30', 1280.00, false), -- unknown country
  ('o10', 'u1', 'c1', 'DE', 'DE', 'mobile',  '2026-03-02 09:05:00+00', '2026-03-02', 9999.00, true),  -- a test
  ('o11', 'u2', 'c2', 'FR', 'NO', 'mobile',  '2026-10-25 00:30:00+00', '2026-10-25', 2560.00, false), -- 02:30 in summer time
  ('o12', 'u5', 'c1', 'DE', 'DE', 'mobile',  '2026-10-25 01:30:00+00', '2026-10-25', 5120.00, false), -- 02:30 again
  ('o13', 'u5', 'c3', 'DE', 'DE', NULL,      NULL,                     NULL,            0.50, false); -- no date, no device
-- All but the test: 12 orders, 10225.50. March 310, April 2235, October 7680, undated 0.50.

CREATE TABLE lines (order_id VARCHAR, line_no INTEGER, product VARCHAR, quantity INTEGER, net DECIMAL(18,4));
INSERT INTO lines VALUES
  ('o01', 1, 'apple', 1,  4.00), ('o01', 2, 'pear', 2,  6.00),
  ('o02', 1, 'apple', 3, 20.00),
  ('o03', 1, 'pear',  1, 15.00), ('o03', 2, 'plum', 1, 25.00),
  ('o99', 1, 'apple', 5,  7.00); -- an order that is not there

CREATE TABLE ads (ad_day DATE, campaign_key VARCHAR, cost DECIMAL(18,4), clicks BIGINT, impressions BIGINT, effort DOUBLE);
INSERT INTO ads VALUES
  ('2026-03-02', 'k1',  5.00, 10, 100, 0.1),
  ('2026-03-02', 'k2',  3.00,  0,  50, 0.1),
  ('2026-03-30', 'k3',  2.00,  4,   0, 0.1),
  ('2026-03-31', 'k4',  7.00,  1,  70, 0.1),
  ('2026-04-01', 'k9', 11.00,  2,  20, 0.1), -- a deleted campaign
  ('2026-04-02', NULL, 13.00,  0,  30, 0.1),
  ('2026-04-03', 'k5', 17.00,  3,  40, 0.1);
-- 58.00, 20 clicks, 310 impressions.

CREATE TABLE sessions (session_id VARCHAR, visitor VARCHAR, channel_key VARCHAR, device VARCHAR, started_at TIMESTAMPTZ, start_day DATE,
  pages INTEGER, is_bot BOOLEAN);
INSERT INTO sessions VALUES
  ('s1', 'v1', 'c1', 'mobile',  '2026-03-02 08:50:00+00', '2026-03-02',    3, false),
  ('s2', 'v1', 'c1', 'mobile',  '2026-03-27 23:10:00+00', '2026-03-28',    1, false),
  ('s3', 'v2', 'c2', 'desktop', '2026-03-28 23:05:00+00', '2026-03-29',    5, false),
  ('s4', 'v3', NULL, 'tablet',  '2026-03-30 10:00:00+00', '2026-03-30',    2, false),
  ('s5', 'v3', 'c9', 'desktop', '2026-04-15 12:00:00+00', '2026-04-15',    4, false),
  ('s6', 'v4', 'c6', 'desktop', '2026-04-16 12:00:00+00', '2026-04-16',    1, false),
  ('s7', 'v5', 'c1', 'mobile',  '2026-03-02 08:51:00+00', '2026-03-02', 1000, true),
  ('s8', NULL, 'c2', NULL,      '2026-04-16 13:00:00+00', '2026-04-16', NULL, false);
-- All but the bot: 7 sessions, 4 visitors, 16 pages.

CREATE TABLE calls (call_id VARCHAR, channel_key VARCHAR, called_on DATE, minutes INTEGER); -- nobody ever called

-- Versions of members: who moved up or moved house has several, and at most one is current.
CREATE TABLE members (member_key VARCHAR, customer_id VARCHAR, member_tier VARCHAR, member_home VARCHAR, valid_from DATE, valid_to DATE,
  is_current BOOLEAN);
INSERT INTO members VALUES
  ('m1', 'u1', 'bronze',   'DE', '2025-01-01', '2026-03-31', false),
  ('m2', 'u1', 'platinum', 'DE', '2026-04-01', NULL,         true),  -- moved up
  ('m3', 'u2', 'bronze',   'FR', '2025-01-01', '2026-03-15', false),
  ('m4', 'u2', 'bronze',   'NO', '2026-03-16', NULL,         true),  -- moved house
  ('m5', 'u3', 'platinum', 'DE', '2025-06-01', '2026-02-28', false), -- left: no version is current
  ('m6', 'u4', 'bronze',   NULL, '2026-01-01', NULL,         true);

CREATE TABLE points (point_id VARCHAR, member_key VARCHAR, earned_on DATE, points INTEGER);
INSERT INTO points VALUES
  ('p1', 'm1', '2026-03-02',   1),
  ('p2', 'm2', '2026-04-02',   2),
  ('p3', 'm3', '2026-03-02',   4),
  ('p4', 'm4', '2026-04-15',   8),
  ('p5', 'm5', '2026-02-10',  16),
  ('p6', 'm6', '2026-04-16',  32),
  ('p7', 'm9', '2026-04-17',  64), -- an unknown version
  ('p8', NULL, '2026-03-30', 128); -- nobody's
-- 255. February 16, March 133, April 106.

CREATE TABLE mails (mail_id VARCHAR, customer_id VARCHAR, mailing VARCHAR, sent_on DATE, opened_on DATE, clicked_on DATE, is_bot BOOLEAN);
INSERT INTO mails VALUES
  ('e01', 'u1', 'spring', '2026-03-10', '2026-03-10', '2026-03-10', false),
  ('e02', 'u1', 'easter', '2026-04-01', '2026-04-01', '2026-04-01', false),
  ('e03', 'u1', 'bloom',  '2026-04-08', '2026-04-08', '2026-04-09', false),
  ('e04', 'u1', 'may',    '2026-04-15', '2026-04-15', '2026-04-15', false), -- her third click in a month
  ('e05', 'u2', 'easter', '2026-04-01', '2026-04-01', '2026-04-20', false), -- clicked on the shop's today
  ('e06', 'u2', 'spring', '2026-03-10', '2026-03-12', '2026-03-20', false), -- 31 days before it
  ('e07', 'u3', 'easter', '2026-04-01', '2026-04-01', '2026-04-01', true),  -- a machine
  ('e08', 'u4', 'spring', '2026-03-10', '2026-03-20', '2026-03-21', false), -- 30 days before it
  ('e09', 'u5', 'easter', '2026-03-30', '2026-03-31', '2026-03-31', false),
  ('e10', 'u9', 'easter', '2026-04-01', '2026-04-02', '2026-04-02', false), -- an unknown customer
  ('e11', NULL, 'easter', '2026-04-01', '2026-04-02', '2026-04-02', false), -- a forwarded mail
  ('e12', 'u6', 'bloom',  '2026-04-08', NULL,         NULL,         false);
-- 12 mails, 11 without the machine's. Sent in March 4, in April 8.

CREATE TABLE signups (signup_id VARCHAR, visitor VARCHAR, signed_on DATE);
INSERT INTO signups VALUES ('g1', 'v1', '2026-03-15'), ('g2', 'v3', '2026-04-10'), ('g3', 'v8', '2026-04-01'), ('g4', NULL, '2026-04-02');

CREATE TABLE budgets (budget_month DATE, channel_key VARCHAR, budget DECIMAL(18,4));
INSERT INTO budgets VALUES
  ('2026-03-01', 'c1', 100.00),
  ('2026-03-01', 'c2',  50.00),
  ('2026-04-01', 'c1', 200.00),
  ('2026-04-01', NULL,  30.00),
  ('2026-05-01', 'c9',   7.00); -- an unknown channel
-- 387. March 150, April 230, May 7.

-- What each platform claims: two may claim the same sale, so their claims do not add up.
CREATE TABLE claims (claim_id VARCHAR, claim_day DATE, platform VARCHAR, channel_key VARCHAR, conversions INTEGER);
INSERT INTO claims VALUES
  ('a1', '2026-03-02', 'alpha', 'c1',  1),
  ('a2', '2026-03-30', 'alpha', 'c2',  2),
  ('b1', '2026-04-01', 'beta',  'c1',  4),
  ('b2', '2026-04-02', 'beta',  NULL,  8),
  ('x1', '2026-04-03', NULL,    'c1', 16);

CREATE TABLE tickets (ticket_id VARCHAR, customer_id VARCHAR, topic VARCHAR, opened_on DATE, minutes INTEGER);
INSERT INTO tickets VALUES
  ('t1', 'u1', 'refund', '2026-03-05', 10),
  ('t2', 'u2', 'refund', '2026-04-02', 20),
  ('t3', 'u3', 'login',  '2026-04-16', 40),
  ('t4', NULL, NULL,     '2026-04-20', 80);

-- People through each door. 13 April 2026 is a Monday, and so is 14 April 2025, 364 days before.
CREATE TABLE footfall (walk_day DATE, door VARCHAR, people INTEGER);
INSERT INTO footfall VALUES
  ('2024-04-15', 'north',   16), -- Monday
  ('2025-03-31', 'north', 2048), -- Monday
  ('2025-04-13', 'north', 1024), -- Sunday
  ('2025-04-14', 'north',    1), -- Monday
  ('2025-04-15', 'south',    2), -- Tuesday
  ('2025-04-20', 'south',    4), -- Sunday
  ('2025-04-21', 'north',    8), -- Monday
  ('2025-05-01', 'east',  4096), -- Thursday
  ('2026-01-31', 'north',    3), -- Saturday
  ('2026-02-28', 'north',    5), -- Saturday
  ('2026-03-01', 'north',    7), -- Sunday
  ('2026-03-31', 'north',    9), -- Tuesday
  ('2026-04-12', 'north',   32), -- Sunday
  ('2026-04-13', 'north',   64), -- Monday
  ('2026-04-14', 'south',  128), -- Tuesday
  ('2026-04-19', 'west',   256), -- Sunday
  ('2026-04-20', 'north',  512); -- Monday
-- April 2025 1039, April 2026 992, March 2026 16.

-- The weeks of two retail years, from Sunday on: months of 4, 5 and 4 weeks, and the closing's of 4, 4 and 5. Weeks and
-- months are numbered through; only the first quarter of each year is there, so days in between are in none.
CREATE TABLE retail_weeks (week_start DATE, week_no INTEGER, month_start DATE, month_name VARCHAR, month_no INTEGER, close_start DATE);
INSERT INTO retail_weeks VALUES
  ('2025-02-02',  1, '2025-02-02', '2025 Feb',  1, '2025-02-02'),
  ('2025-02-09',  2, '2025-02-02', '2025 Feb',  1, '2025-02-02'),
  ('2025-02-16',  3, '2025-02-02', '2025 Feb',  1, '2025-02-02'),
  ('2025-02-23',  4, '2025-02-02', '2025 Feb',  1, '2025-02-02'),
  ('2025-03-02',  5, '2025-03-02', '2025 Mar',  2, '2025-03-02'),
  ('2025-03-09',  6, '2025-03-02', '2025 Mar',  2, '2025-03-02'),
  ('2025-03-16',  7, '2025-03-02', '2025 Mar',  2, '2025-03-02'),
  ('2025-03-23',  8, '2025-03-02', '2025 Mar',  2, '2025-03-02'),
  ('2025-03-30',  9, '2025-03-02', '2025 Mar',  2, '2025-03-30'),
  ('2025-04-06', 10, '2025-04-06', '2025 Apr',  3, '2025-03-30'),
  ('2025-04-13', 11, '2025-04-06', '2025 Apr',  3, '2025-03-30'),
  ('2025-04-20', 12, '2025-04-06', '2025 Apr',  3, '2025-03-30'),
  ('2025-04-27', 13, '2025-04-06', '2025 Apr',  3, '2025-03-30'),
  ('2026-02-01', 53, '2026-02-01', '2026 Feb', 13, '2026-02-01'),
  ('2026-02-08', 54, '2026-02-01', '2026 Feb', 13, '2026-02-01'),
  ('2026-02-15', 55, '2026-02-01', '2026 Feb', 13, '2026-02-01'),
  ('2026-02-22', 56, '2026-02-01', '2026 Feb', 13, '2026-02-01'),
  ('2026-03-01', 57, '2026-03-01', '2026 Mar', 14, '2026-03-01'),
  ('2026-03-08', 58, '2026-03-01', '2026 Mar', 14, '2026-03-01'),
  ('2026-03-15', 59, '2026-03-01', '2026 Mar', 14, '2026-03-01'),
  ('2026-03-22', 60, '2026-03-01', '2026 Mar', 14, '2026-03-01'),
  ('2026-03-29', 61, '2026-03-01', '2026 Mar', 14, '2026-03-29'),
  ('2026-04-05', 62, '2026-04-05', '2026 Apr', 15, '2026-03-29'),
  ('2026-04-12', 63, '2026-04-05', '2026 Apr', 15, '2026-03-29'),
  ('2026-04-19', 64, '2026-04-05', '2026 Apr', 15, '2026-03-29'),
  ('2026-04-26', 65, '2026-04-05', '2026 Apr', 15, '2026-03-29');
CREATE TABLE retail_days AS
SELECT CAST(w.week_start + d.n AS DATE) AS retail_day, w.week_start, w.week_no, w.month_start, w.month_name, w.month_no, w.close_start
FROM retail_weeks AS w CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6)) AS d(n);

-- What a till read, to the millisecond; `till_clock` is the wall clock on it, `till_hour` all that an old till knows.
CREATE TABLE scans (scan_id VARCHAR, scanned_at TIMESTAMPTZ, till_clock TIMESTAMP, till_hour TIMESTAMPTZ, items INTEGER);
INSERT INTO scans VALUES
  ('n1', '2026-04-13 08:59:59.250+00', '2026-04-13 10:59:59.250', '2026-04-13 08:00:00+00', 1),
  ('n2', '2026-04-13 08:59:59.250+00', '2026-04-13 10:59:59.250', '2026-04-13 08:00:00+00', 2),
  ('n3', '2026-04-13 08:59:59.750+00', '2026-04-13 10:59:59.750', '2026-04-13 08:00:00+00', 4),
  ('n4', '2026-04-13 09:00:00.000+00', '2026-04-13 11:00:00.000', '2026-04-13 09:00:00+00', 8),
  ('n5', '2026-04-13 09:00:30.500+00', '2026-04-13 11:00:30.500', '2026-04-13 09:00:00+00', 16);

-- Sales at fairs abroad, as they were paid, and in EUR as the books have them since. The rates of few days, and none of EUR.
CREATE TABLE fair_sales (sale_id VARCHAR, sold_on DATE, channel_key VARCHAR, customer_id VARCHAR, paid_in VARCHAR,
  amount DECIMAL(18,4), amount_eur DECIMAL(18,4), pieces INTEGER);
INSERT INTO fair_sales VALUES
  ('f1', '2026-04-01', 'c1', 'u1', 'GBP',  100.00, 120.00, 1),
  ('f2', '2026-04-01', 'c1', 'u2', 'EUR',   50.00,  50.00, 2),
  ('f3', '2026-04-02', 'c2', 'u1', 'GBP',   10.00,  12.51, 4),   -- the books rounded up
  ('f4', '2026-04-02', 'c2', 'u2', 'SEK', 1000.00,  90.00, 8),
  ('f5', '2026-04-15', 'c1', 'u2', 'SEK',  500.00,  50.00, 16),
  ('f6', '2026-04-15', NULL, NULL, 'GBP',    8.00,  12.00, 32),
  ('f7', '2026-04-16', 'c3', 'u3', 'NOK',  100.00,   9.00, 64),  -- a currency without a rate on that day
  ('f8', '2026-04-10', 'c3', 'u3', NULL,    NULL,    NULL, 128); -- nothing was paid
CREATE TABLE rates (currency VARCHAR, rate_day DATE, rate DECIMAL(18,8));
INSERT INTO rates VALUES
  ('GBP', '2026-04-01', 1.2), ('SEK', '2026-04-01', 0.08),
  ('GBP', '2026-04-02', 1.25), ('SEK', '2026-04-02', 0.09),
  ('GBP', '2026-04-15', 1.5), ('SEK', '2026-04-15', 0.1),
  ('GBP', '2026-04-16', 1.6), ('SEK', '2026-04-16', 0.1),
  ('GBP', '2026-04-19', 2), ('SEK', '2026-04-19', 0.2), ('NOK', '2026-04-19', 0.125);

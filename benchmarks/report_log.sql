-- A year of contacts by their number r, in words that PostgreSQL and SQLite read alike; see report_log.py.
-- (r * prime) % 2147483647 % n is from 0 to n - 1, as good as by lot, and fits 64 bits for any r up to 10^9.

CREATE VIEW bench_drawn AS
SELECT q.quarter_ms, q.before + k.k AS r,
    ((q.before + k.k) * 1073676287) % 2147483647 % 900000 AS moment_ms,
    (((q.before + k.k) * 1299709373) % 2147483647 % 20) * (((q.before + k.k) * 982451653) % 2147483647 % 20) / 20 AS queue_number,
    ((q.before + k.k) * 573259391) % 2147483647 % 20 AS standing,
    ((q.before + k.k) * 1046527003) % 2147483647 % 1000 AS agent_number,
    ((q.before + k.k) * 433494437) % 2147483647 % 100 AS fate,
    ((q.before + k.k) * 700666007) % 2147483647 % 60000 AS wait_ms,
    ((q.before + k.k) * 920419823) % 2147483647 % 300000 + 60000 AS talk_ms,
    ((q.before + k.k) * 613651349) % 2147483647 % 90000 AS wrap_up_ms,
    ((q.before + k.k) * 899809363) % 2147483647 % 2000000 AS person
FROM bench_quarter q JOIN bench_number k ON k.k <= q.n;

CREATE VIEW bench_contact AS
SELECT quarter_ms, r, fate, talk_ms, wrap_up_ms, person,
    'main-' || (quarter_ms / 1000) || '.' || r AS id,
    quarter_ms + moment_ms AS began_ms,
    'queue' || queue_number AS queue,
    '+493012' || (3000 + queue_number) AS entry,
    CASE WHEN standing = 0 THEN 'platinum' WHEN standing < 4 THEN 'gold' WHEN standing < 9 THEN 'silver'
        ELSE 'standard' END AS tier,
    CASE WHEN fate < 91 THEN 'agent' || agent_number END AS agent,
    CASE WHEN fate < 91 THEN 'answered' WHEN fate < 97 THEN 'abandoned' WHEN fate < 99 THEN 'overflowed'
        ELSE 'other' END AS outcome,
    CASE WHEN fate BETWEEN 91 AND 92 THEN wait_ms / 20 ELSE wait_ms END AS waited_ms
FROM bench_drawn;

-- each week

INSERT INTO visit (contact_id, number, queue, tier, entry, began_ms, queued_ms, ended_ms, outcome, waited_ms, agent,
    service_level_ms, short_abandon_ms, after_transfer)
SELECT id, 1, queue, tier, entry, began_ms, began_ms, began_ms + waited_ms, outcome, waited_ms, agent, 20000, 5000, false
FROM bench_contact WHERE quarter_ms BETWEEN {first} AND {last};

INSERT INTO part (contact_id, number, agent, queue, tier, entry, direction, began_ms, ended_ms, ring_ms, talk_ms, hold_ms,
    wrap_up_ms, consult_ms, consults, transfer, disposition)
SELECT id, 1, agent, queue, tier, entry, 'in', began_ms + waited_ms, began_ms + waited_ms + talk_ms + wrap_up_ms, 4000,
    talk_ms * 9 / 10, talk_ms - talk_ms * 9 / 10, wrap_up_ms, 0, 0, CASE WHEN fate = 7 THEN 'queue' END,
    CASE WHEN fate < 60 THEN 'resolved' ELSE 'other' END
FROM bench_contact WHERE quarter_ms BETWEEN {first} AND {last} AND outcome = 'answered';

INSERT INTO segment (contact_id, number, kind, started_ms, ended_ms, queue, agent, offer, result)
SELECT id, 2, 'offer', began_ms + waited_ms - 4000, began_ms + waited_ms, queue, agent, 'o' || r, 'accepted'
FROM bench_contact WHERE quarter_ms BETWEEN {first} AND {last} AND outcome = 'answered';

INSERT INTO contact (id, pbx, channel, caller, number, caller_name, dialled, customer_id, tier, queue, priority, rule,
    because, agent, outcome, disposition, arrived_ms, connected_ms, ended_ms, waited_ms, handled_ms, offers,
    service_level_ms, direction, previous_ms, next_ms)
SELECT id, 'main', (began_ms / 1000) || '.' || r, '+4930' || (10000000 + person), '+4930' || (10000000 + person), '',
    entry, CASE WHEN person < 1000000 THEN person END, tier, queue, 20, 'by tier', 'tier is ' || tier, agent,
    CASE WHEN outcome = 'other' THEN 'withdrawn' ELSE outcome END, CASE WHEN fate < 60 THEN 'resolved' END, began_ms,
    CASE WHEN outcome = 'answered' THEN began_ms + waited_ms END, began_ms + waited_ms + talk_ms, waited_ms,
    CASE WHEN outcome = 'answered' THEN talk_ms + wrap_up_ms END, 1, 20000, 'in',
    CASE WHEN fate % 5 = 0 THEN began_ms - 86400000 * (fate + 1) END,
    CASE WHEN fate % 6 = 0 THEN began_ms + 86400000 * (fate + 1) END
FROM bench_contact WHERE quarter_ms BETWEEN {first} AND {last};

-- at the end

INSERT INTO agent_stretch (agent, began_ms, number, ended_ms, state, reason)
SELECT 'agent' || (k.k - 1), s.began_ms, s.number, s.began_ms + 1800000,
    CASE (k.k + s.number) % 5 WHEN 0 THEN 'wrap_up' WHEN 1 THEN 'ready' WHEN 2 THEN 'not_ready' ELSE 'talking' END,
    CASE WHEN (k.k + s.number) % 5 = 2 THEN 'lunch' END
FROM bench_stretch s JOIN bench_number k ON k.k <= 1000 AND (k.k + s.began_ms / 86400000) % 2 = 0;

DROP VIEW bench_contact;
DROP VIEW bench_drawn;
DROP TABLE bench_stretch;
DROP TABLE bench_quarter;
DROP TABLE bench_number;

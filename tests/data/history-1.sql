-- A history of version 1, as it was on the day it was released: never changed.
CREATE TABLE run (
	id integer primary key autoincrement,
	protocol text not null, plugin text, sha256 text,
	workload text, world text,
	seed text not null,		-- unsigned, 64 bits
	config text, plan text, ops text, message_types text,
	version text, machine text, command text, door text,
	nodes integer not null, clients integer not null,
	started integer not null,	-- wall clock, ns
	ended integer not null default 0,
	status text not null default 'running',
	owner text,			-- the process that writes it
	verdict text, reason text, report text, evidence text,
	messages integer not null default 0,
	message_bytes integer not null default 0,
	trace_dropped integer not null default 0,
	duration integer not null default 0,
	ok integer not null default 0,
	fail integer not null default 0,
	info integer not null default 0,
	waited integer not null default 0
) strict;
CREATE TABLE event (
	id integer primary key,		-- run << 40 | rank
	t integer not null,		-- ns since the run began
	kind integer not null,		-- event_kind
	node integer, boot integer, process integer, client integer,
	f integer,			-- index in run.ops
	key integer, number integer not null,
	name any,			-- of the table name, or the text
	form integer not null,		-- 0 nil, 1 int, 2 list, 3 bytes
	value any,			-- a list is JSON; bytes are text
					-- where they are UTF-8
	text any
) strict;
CREATE TABLE message (
	id integer primary key,		-- run << 40 | number
	sent integer not null,		-- ns since the run began
	arrived integer,		-- null: never
	src integer not null, dst integer not null,
	src_boot integer not null,
	type integer not null,		-- index in run.message_types
	size integer not null,
	fate integer not null,
	body blob
) strict;
CREATE TABLE name (
	run integer not null, id integer not null,
	text any not null,
	primary key (run, id)
) strict, without rowid;
CREATE TABLE event_kind (
	id integer primary key, name text not null
) strict;
CREATE TABLE fate (
	id integer primary key, name text not null
) strict;
CREATE VIEW event_text as
select r.id as run, e.id & 0xffffffffff as rank, e.t / 1e9 as seconds,
	k.name as kind, e.node, e.boot, e.process, e.client,
	json_extract(r.ops, '$[' || e.f || ']') as f, e.key, e.number,
	case typeof(e.name) when 'integer' then n.text else e.name end
		as name,
	e.value, e.text
from run r
join event e on e.id between r.id << 40 and (r.id << 40) + 0xffffffffff
left join event_kind k on k.id = e.kind
left join name n on n.run = r.id and n.id = e.name;
CREATE VIEW operation as
select r.id as run, i.id & 0xffffffffff as id, i.process, i.client,
	coalesce(e.node, i.node) as node,
	json_extract(r.ops, '$[' || i.f || ']') as f, i.key, i.value,
	case e.kind when 2 then 'ok' when 3 then 'fail' else 'info' end
		as outcome,
	e.value as result, e.text as why, i.t / 1e9 as called,
	case when e.kind in (2, 3) then e.t / 1e9 end as ended,
	case when e.kind in (2, 3) then (e.t - i.t) / 1e6 end as ms
from run r
join event i on i.id between r.id << 40 and (r.id << 40) + 0xffffffffff and i.kind = 1
left join event e on e.id = (
	select x.id from event x
	where x.id > i.id and x.id <= (r.id << 40) + 0xffffffffff
		and x.process = i.process and x.kind between 2 and 4
	order by x.id limit 1);
CREATE VIEW message_text as
select r.id as run, m.id & 0xffffffffff as number, m.sent / 1e9 as sent,
	m.arrived / 1e9 as arrived, m.src, m.dst, m.src_boot,
	coalesce(json_extract(r.message_types, '$[' || m.type || ']'),
		m.type) as type,
	m.size, f.name as fate, m.body
from run r
join message m on m.id between r.id << 40 and (r.id << 40) + 0xffffffffff
left join fate f on f.id = m.fate;
insert into run values (1, 'abd', NULL, NULL, 'register', 'live', '42', NULL, NULL, '["read","write","cas"]', '["query","update"]', NULL, NULL, NULL, NULL, 5, 4, 1700000000000000000, 1700000001000000000, 'done', 'boot 0 space 0 pid 1 start 0', 'valid', NULL, NULL, NULL, 0, 0, 0, 0, 20, 0, 0, 0);
insert into run values (2, 'abd', NULL, NULL, 'register', 'live', '42', NULL, NULL, '["read","write","cas"]', '["query","update"]', NULL, NULL, NULL, NULL, 5, 4, 1700000000000000000, 1700000001000000000, 'done', 'boot 0 space 0 pid 1 start 0', NULL, NULL, NULL, NULL, 0, 0, 0, 0, 16, 0, 0, 0);
insert into name values (2, 1, 'name');
insert into event values (1099511627776, 0, 1, 0, NULL, 0, 0, 0, 0, 0, NULL, 1, 0, NULL);
insert into event values (1099511627777, 1000, 1, 1, NULL, 1, 1, 0, 0, 0, NULL, 1, 1, NULL);
insert into event values (1099511627778, 2000, 1, 2, NULL, 2, 2, 0, 0, 0, NULL, 1, 2, NULL);
insert into event values (1099511627779, 3000, 1, 3, NULL, 3, 3, 0, 0, 0, NULL, 1, 3, NULL);
insert into event values (1099511627780, 4000, 2, 0, NULL, 0, 0, 0, 0, 0, NULL, 1, 4, NULL);
insert into event values (1099511627781, 5000, 2, 1, NULL, 1, 1, 0, 0, 0, NULL, 1, 5, NULL);
insert into event values (1099511627782, 6000, 2, 2, NULL, 2, 2, 0, 0, 0, NULL, 1, 6, NULL);
insert into event values (1099511627783, 7000, 2, 3, NULL, 3, 3, 0, 0, 0, NULL, 1, 7, NULL);
insert into event values (1099511627784, 8000, 1, 0, NULL, 0, 0, 1, 1, 0, NULL, 1, 8, NULL);
insert into event values (1099511627785, 9000, 1, 1, NULL, 1, 1, 1, 1, 0, NULL, 1, 9, NULL);
insert into event values (1099511627786, 10000, 1, 2, NULL, 2, 2, 1, 1, 0, NULL, 1, 10, NULL);
insert into event values (1099511627787, 11000, 1, 3, NULL, 3, 3, 1, 1, 0, NULL, 1, 11, NULL);
insert into event values (1099511627788, 12000, 2, 0, NULL, 0, 0, 1, 1, 0, NULL, 1, 12, NULL);
insert into event values (1099511627789, 13000, 2, 1, NULL, 1, 1, 1, 1, 0, NULL, 1, 13, NULL);
insert into event values (1099511627790, 14000, 2, 2, NULL, 2, 2, 1, 1, 0, NULL, 1, 14, NULL);
insert into event values (1099511627791, 15000, 2, 3, NULL, 3, 3, 1, 1, 0, NULL, 1, 15, NULL);
insert into event values (1099511627792, 16000, 1, 0, NULL, 0, 0, 2, 2, 0, NULL, 1, 16, NULL);
insert into event values (1099511627793, 17000, 1, 1, NULL, 1, 1, 2, 2, 0, NULL, 1, 17, NULL);
insert into event values (1099511627794, 18000, 1, 2, NULL, 2, 2, 2, 2, 0, NULL, 1, 18, NULL);
insert into event values (1099511627795, 19000, 1, 3, NULL, 3, 3, 2, 2, 0, NULL, 1, 19, NULL);
insert into event values (1099511627796, 20000, 2, 0, NULL, 0, 0, 2, 2, 0, NULL, 1, 20, NULL);
insert into event values (1099511627797, 21000, 2, 1, NULL, 1, 1, 2, 2, 0, NULL, 1, 21, NULL);
insert into event values (1099511627798, 22000, 2, 2, NULL, 2, 2, 2, 2, 0, NULL, 1, 22, NULL);
insert into event values (1099511627799, 23000, 2, 3, NULL, 3, 3, 2, 2, 0, NULL, 1, 23, NULL);
insert into event values (1099511627800, 24000, 1, 0, NULL, 0, 0, 0, 3, 0, NULL, 1, 24, NULL);
insert into event values (1099511627801, 25000, 1, 1, NULL, 1, 1, 0, 3, 0, NULL, 1, 25, NULL);
insert into event values (1099511627802, 26000, 1, 2, NULL, 2, 2, 0, 3, 0, NULL, 1, 26, NULL);
insert into event values (1099511627803, 27000, 1, 3, NULL, 3, 3, 0, 3, 0, NULL, 1, 27, NULL);
insert into event values (1099511627804, 28000, 2, 0, NULL, 0, 0, 0, 3, 0, NULL, 1, 28, NULL);
insert into event values (1099511627805, 29000, 2, 1, NULL, 1, 1, 0, 3, 0, NULL, 1, 29, NULL);
insert into event values (1099511627806, 30000, 2, 2, NULL, 2, 2, 0, 3, 0, NULL, 1, 30, NULL);
insert into event values (1099511627807, 31000, 2, 3, NULL, 3, 3, 0, 3, 0, NULL, 1, 31, NULL);
insert into event values (1099511627808, 32000, 1, 0, NULL, 0, 0, 1, 4, 0, NULL, 1, 32, NULL);
insert into event values (1099511627809, 33000, 1, 1, NULL, 1, 1, 1, 4, 0, NULL, 1, 33, NULL);
insert into event values (1099511627810, 34000, 1, 2, NULL, 2, 2, 1, 4, 0, NULL, 1, 34, NULL);
insert into event values (1099511627811, 35000, 1, 3, NULL, 3, 3, 1, 4, 0, NULL, 1, 35, NULL);
insert into event values (1099511627812, 36000, 2, 0, NULL, 0, 0, 1, 4, 0, NULL, 1, 36, NULL);
insert into event values (1099511627813, 37000, 2, 1, NULL, 1, 1, 1, 4, 0, NULL, 1, 37, NULL);
insert into event values (1099511627814, 38000, 2, 2, NULL, 2, 2, 1, 4, 0, NULL, 1, 38, NULL);
insert into event values (1099511627815, 39000, 2, 3, NULL, 3, 3, 1, 4, 0, NULL, 1, 39, NULL);
insert into event values (2199023255552, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 0, NULL, NULL);
insert into event values (2199023255553, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1, 0, NULL);
insert into event values (2199023255554, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1, -9223372036854775807 - 1, NULL);
insert into event values (2199023255555, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1, 9223372036854775807, NULL);
insert into event values (2199023255556, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 2, '[]', NULL);
insert into event values (2199023255557, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 2, '[-9223372036854775808]', NULL);
insert into event values (2199023255558, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 2, '[-9223372036854775808,-1,0,1,9223372036854775807]', NULL);
insert into event values (2199023255559, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, '', NULL);
insert into event values (2199023255560, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, '[1,2]', NULL);
insert into event values (2199023255561, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, X'610062', NULL);
insert into event values (2199023255562, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, X'C3A9E282', NULL);
insert into event values (2199023255563, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, 'é€', NULL);
insert into event values (2199023255564, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, '🐌', NULL);
insert into event values (2199023255565, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, X'EDA080', NULL);
insert into event values (2199023255566, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, X'C080', NULL);
insert into event values (2199023255567, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 3, X'FF', NULL);
insert into message values (1099511627776, 0, NULL, 0, 0, 0, 0, 8, 2, X'616263646566');
insert into message values (1099511627777, 1, 6, 1, 1, 0, 1, 8, 0, NULL);
insert into message values (1099511627778, 2, 7, 2, 2, 0, 0, 8, 0, X'616263646566');
insert into message values (1099511627779, 3, NULL, 3, 3, 0, 1, 8, 2, NULL);
insert into message values (1099511627780, 4, 9, 4, 0, 0, 0, 8, 0, X'616263646566');
insert into message values (1099511627781, 5, 10, 0, 1, 0, 1, 8, 0, NULL);
insert into event_kind values (1, 'invoke');
insert into event_kind values (2, 'ok');
insert into event_kind values (3, 'fail');
insert into event_kind values (4, 'info');
insert into event_kind values (10, 'boot');
insert into event_kind values (11, 'ready');
insert into event_kind values (12, 'end');
insert into event_kind values (20, 'fault');
insert into event_kind values (21, 'heal');
insert into event_kind values (30, 'claim');
insert into event_kind values (31, 'note');
insert into event_kind values (32, 'log');
insert into event_kind values (33, 'misuse');
insert into event_kind values (40, 'phase');
insert into fate values (0, 'delivered');
insert into fate values (1, 'no link');
insert into fate values (2, 'cut');
insert into fate values (3, 'lost');
insert into fate values (16, 'node down');
insert into fate values (17, 'queue full');
insert into fate values (18, 'bounced');
pragma application_id = 1718772067;
pragma user_version = 1;

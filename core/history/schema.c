/* SPDX-License-Identifier: MIT */
/*
 * The schema, as steps from one version to the next.
 *
 * A step is never changed once it was released: there are files that it made.
 * A new version is a new step at the end.
 *
 * The tables are made for writing fast and small (an event takes some forty
 * bytes); the views are made for people with the sqlite3 shell:
 *
 *	select * from operation where run = 7 and outcome = 'info';
 *	select * from event_text where run = 7 and kind = 'fault';
 *	select src, dst, fate, count(*) from message_text
 *	  where run = 7 group by 1, 2, 3;
 *
 * A view finds the rows of a run by the range of their keys, so name the run.
 */
#include "core/history/store.h"

/* Keys: see store_key. */
#define RANK "0xffffffffff"
#define ROWS_OF_RUN(x) \
	x ".id between r.id << 40 and (r.id << 40) + " RANK

static const char version_1[] =
"create table run (\n"
"	id integer primary key autoincrement,\n"
"	protocol text not null, plugin text, sha256 text,\n"
"	workload text, world text,\n"
"	seed text not null,		-- unsigned, 64 bits\n"
"	config text, plan text, ops text, message_types text,\n"
"	version text, machine text, command text, door text,\n"
"	nodes integer not null, clients integer not null,\n"
"	started integer not null,	-- wall clock, ns\n"
"	ended integer not null default 0,\n"
"	status text not null default 'running',\n"
"	owner text,			-- the process that writes it\n"
"	verdict text, reason text, report text, evidence text,\n"
"	messages integer not null default 0,\n"
"	message_bytes integer not null default 0,\n"
"	trace_dropped integer not null default 0,\n"
"	duration integer not null default 0,\n"
"	ok integer not null default 0,\n"
"	fail integer not null default 0,\n"
"	info integer not null default 0,\n"
"	waited integer not null default 0\n"
") strict;\n"

"create table event (\n"
"	id integer primary key,		-- run << 40 | rank\n"
"	t integer not null,		-- ns since the run began\n"
"	kind integer not null,		-- event_kind\n"
"	node integer, boot integer, process integer, client integer,\n"
"	f integer,			-- index in run.ops\n"
"	key integer, number integer not null,\n"
"	name any,			-- of the table name, or the text\n"
"	form integer not null,		-- 0 nil, 1 int, 2 list, 3 bytes\n"
"	value any,			-- a list is JSON; bytes are text\n"
"					-- where they are UTF-8\n"
"	text any\n"
") strict;\n"

"create table message (\n"
"	id integer primary key,		-- run << 40 | number\n"
"	sent integer not null,		-- ns since the run began\n"
"	arrived integer,		-- null: never\n"
"	src integer not null, dst integer not null,\n"
"	src_boot integer not null,\n"
"	type integer not null,		-- index in run.message_types\n"
"	size integer not null,\n"
"	fate integer not null,\n"
"	body blob\n"
") strict;\n"

"create table name (\n"
"	run integer not null, id integer not null,\n"
"	text any not null,\n"
"	primary key (run, id)\n"
") strict, without rowid;\n"

"create table event_kind (\n"
"	id integer primary key, name text not null\n"
") strict;\n"
"insert into event_kind values\n"
"	(1, 'invoke'), (2, 'ok'), (3, 'fail'), (4, 'info'),\n"
"	(10, 'boot'), (11, 'ready'), (12, 'end'),\n"
"	(20, 'fault'), (21, 'heal'),\n"
"	(30, 'claim'), (31, 'note'), (32, 'log'), (33, 'misuse'),\n"
"	(40, 'phase');\n"

"create table fate (\n"
"	id integer primary key, name text not null\n"
") strict;\n"
"insert into fate values\n"
"	(0, 'delivered'), (1, 'no link'), (2, 'cut'), (3, 'lost'),\n"
"	(16, 'node down'), (17, 'queue full'), (18, 'bounced');\n"

"create view event_text as\n"
"select r.id as run, e.id & " RANK " as rank, e.t / 1e9 as seconds,\n"
"	k.name as kind, e.node, e.boot, e.process, e.client,\n"
"	json_extract(r.ops, '$[' || e.f || ']') as f, e.key, e.number,\n"
"	case typeof(e.name) when 'integer' then n.text else e.name end\n"
"		as name,\n"
"	e.value, e.text\n"
"from run r\n"
"join event e on " ROWS_OF_RUN("e") "\n"
"left join event_kind k on k.id = e.kind\n"
"left join name n on n.run = r.id and n.id = e.name;\n"

/*
 * The end of an operation is the next event of its process: looked for from
 * the call onwards, which finds it within as many rows as there are clients.
 */
"create view operation as\n"
"select r.id as run, i.id & " RANK " as id, i.process, i.client,\n"
"	coalesce(e.node, i.node) as node,\n"
"	json_extract(r.ops, '$[' || i.f || ']') as f, i.key, i.value,\n"
"	case e.kind when 2 then 'ok' when 3 then 'fail' else 'info' end\n"
"		as outcome,\n"
"	e.value as result, e.text as why, i.t / 1e9 as called,\n"
"	case when e.kind in (2, 3) then e.t / 1e9 end as ended,\n"
"	case when e.kind in (2, 3) then (e.t - i.t) / 1e6 end as ms\n"
"from run r\n"
"join event i on " ROWS_OF_RUN("i") " and i.kind = 1\n"
"left join event e on e.id = (\n"
"	select x.id from event x\n"
"	where x.id > i.id and x.id <= (r.id << 40) + " RANK "\n"
"		and x.process = i.process and x.kind between 2 and 4\n"
"	order by x.id limit 1);\n"

"create view message_text as\n"
"select r.id as run, m.id & " RANK " as number, m.sent / 1e9 as sent,\n"
"	m.arrived / 1e9 as arrived, m.src, m.dst, m.src_boot,\n"
"	coalesce(json_extract(r.message_types, '$[' || m.type || ']'),\n"
"		m.type) as type,\n"
"	m.size, f.name as fate, m.body\n"
"from run r\n"
"join message m on " ROWS_OF_RUN("m") "\n"
"left join fate f on f.id = m.fate;\n";

/* Many runs that differ in their seed alone: a row each. */
static const char version_2[] =
"create table batch (\n"
"	id integer primary key autoincrement,\n"
"	key text not null,		-- the same: the same configuration\n"
"	protocol text, workload text, config text, command text,\n"
"	started integer not null	-- wall clock, ns\n"
") strict;\n"

"create table seed (\n"
"	batch integer not null,\n"
"	seed text not null,		-- unsigned, 64 bits\n"
"	verdict text not null,\n"
"	fingerprint text,		-- of the violation, or null\n"
"	hash text not null,\n"
"	ok integer not null, fail integer not null,\n"
"	info integer not null, messages integer not null,\n"
"	run integer,			-- where it is stored in full, or null\n"
"	primary key (batch, seed)\n"
") strict, without rowid;\n";

/* Runs by a tape: operations, faults and choices as they are told. */
static const char version_3[] =
"alter table run add column tape text;\n"
"alter table run add column shrunk_from integer not null default 0;\n";

const char *const store_steps[] = { version_1, version_2, version_3 };
const int store_version = sizeof store_steps / sizeof store_steps[0];

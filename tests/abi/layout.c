/* SPDX-License-Identifier: MIT */
/*
 * Where everything lies in version 1 of the binary contract, on machines with
 * 64-bit longs and pointers.  A line here is never changed: a field that moves
 * or a constant that gets another number is a new major version.
 */
#include <stddef.h>

#include <fracas/nemesis.h>
#include <fracas/txn.h>
#include <fracas/workload.h>

/* May grow at its end: it carries its size, or is reached by a stride. */
#define GROWS(s, n)	_Static_assert(sizeof(struct s) >= (n), #s)
/* Lies within others, or in arrays that know no stride. */
#define FIXED(s, n)	_Static_assert(sizeof(struct s) == (n), #s)
#define AT(s, f, n)	_Static_assert(offsetof(struct s, f) == (n), #s "." #f)
#define IS(c, n)	_Static_assert((c) == (n), #c)

#ifdef __LP64__
FIXED(fr_value, 16);
AT(fr_value, kind, 0);
AT(fr_value, count, 4);
AT(fr_value, u, 8);

GROWS(fr_request, 56);
AT(fr_request, size, 0);
AT(fr_request, f, 4);
AT(fr_request, id, 8);
AT(fr_request, key, 16);
AT(fr_request, value, 24);
AT(fr_request, client, 40);
AT(fr_request, seq, 48);

GROWS(fr_message, 24);
AT(fr_message, name, 0);
AT(fr_message, handler, 8);
AT(fr_message, min_size, 16);
AT(fr_message, reserved, 20);

GROWS(fr_request_kind, 16);
AT(fr_request_kind, name, 0);
AT(fr_request_kind, handler, 8);

GROWS(fr_timer, 16);
AT(fr_timer, name, 0);
AT(fr_timer, handler, 8);

GROWS(fr_param, 48);
AT(fr_param, low, 48);
AT(fr_param, high, 56);
AT(fr_param, name, 0);
AT(fr_param, kind, 8);
AT(fr_param, flags, 12);
AT(fr_param, fallback, 16);
AT(fr_param, min, 24);
AT(fr_param, max, 32);
AT(fr_param, help, 40);

FIXED(fr_messages, 16);
AT(fr_messages, at, 0);
AT(fr_messages, count, 8);
AT(fr_messages, stride, 12);

FIXED(fr_requests, 16);
AT(fr_requests, at, 0);
AT(fr_requests, count, 8);
AT(fr_requests, stride, 12);

FIXED(fr_timers, 16);
AT(fr_timers, at, 0);
AT(fr_timers, count, 8);
AT(fr_timers, stride, 12);

FIXED(fr_params, 16);
AT(fr_params, at, 0);
AT(fr_params, count, 8);
AT(fr_params, stride, 12);

GROWS(fr_protocol, 144);
AT(fr_protocol, size, 0);
AT(fr_protocol, minor, 4);
AT(fr_protocol, name, 8);
AT(fr_protocol, summary, 16);
AT(fr_protocol, paper, 24);
AT(fr_protocol, promise, 32);
AT(fr_protocol, workload, 40);
AT(fr_protocol, params, 48);
AT(fr_protocol, state_size, 64);
AT(fr_protocol, start, 72);
AT(fr_protocol, messages, 80);
AT(fr_protocol, requests, 96);
AT(fr_protocol, timers, 112);
AT(fr_protocol, describe, 128);
AT(fr_protocol, digest, 136);
AT(fr_protocol, tolerates, 144);

GROWS(fr_tolerance, 24);
AT(fr_tolerance, size, 0);
AT(fr_tolerance, bears, 4);
AT(fr_tolerance, crashes, 8);
AT(fr_tolerance, missing, 12);
AT(fr_tolerance, byzantine, 16);
AT(fr_tolerance, reserved, 20);

GROWS(fr_reply, 48);
AT(fr_reply, size, 0);
AT(fr_reply, kind, 4);
AT(fr_reply, request, 8);
AT(fr_reply, value, 16);
AT(fr_reply, text, 32);
AT(fr_reply, node, 40);
AT(fr_reply, reserved, 44);

FIXED(fr_neighbour, 16);
AT(fr_neighbour, node, 0);
AT(fr_neighbour, reserved, 4);
AT(fr_neighbour, weight, 8);

FIXED(fr_bounds, 16);
AT(fr_bounds, earliest, 0);
AT(fr_bounds, latest, 8);

FIXED(fr_file, 72);
AT(fr_file, name, 0);
AT(fr_file, size, 64);

GROWS(fr_host, 192);
AT(fr_host, size, 0);
AT(fr_host, minor, 4);
AT(fr_host, send, 8);
AT(fr_host, broadcast, 16);
AT(fr_host, neighbours, 24);
AT(fr_host, after, 32);
AT(fr_host, cancel, 40);
AT(fr_host, mono, 48);
AT(fr_host, wall, 56);
AT(fr_host, wall_bounds, 64);
AT(fr_host, random, 72);
AT(fr_host, write, 80);
AT(fr_host, read, 88);
AT(fr_host, sync, 96);
AT(fr_host, truncate, 104);
AT(fr_host, remove, 112);
AT(fr_host, file_size, 120);
AT(fr_host, list, 128);
AT(fr_host, reply, 136);
AT(fr_host, alloc, 144);
AT(fr_host, free, 152);
AT(fr_host, log, 160);
AT(fr_host, param, 168);
AT(fr_host, claim, 176);
AT(fr_host, note, 184);

GROWS(fr_node, 40);
AT(fr_node, size, 0);
AT(fr_node, id, 4);
AT(fr_node, nodes, 8);
AT(fr_node, boot, 12);
AT(fr_node, state, 16);
AT(fr_node, host, 24);
AT(fr_node, protocol, 32);

GROWS(fr_op_kind, 24);
AT(fr_op_kind, name, 0);
AT(fr_op_kind, flags, 8);
AT(fr_op_kind, reserved, 12);
AT(fr_op_kind, help, 16);

FIXED(fr_ops, 16);
AT(fr_ops, at, 0);
AT(fr_ops, count, 8);
AT(fr_ops, stride, 12);

GROWS(fr_op, 48);
AT(fr_op, size, 0);
AT(fr_op, f, 4);
AT(fr_op, key, 8);
AT(fr_op, value, 16);
AT(fr_op, node, 32);
AT(fr_op, reserved, 36);
AT(fr_op, wait, 40);

GROWS(fr_operation, 104);
AT(fr_operation, process, 0);
AT(fr_operation, client, 4);
AT(fr_operation, node, 8);
AT(fr_operation, f, 12);
AT(fr_operation, outcome, 16);
AT(fr_operation, phase, 20);
AT(fr_operation, key, 24);
AT(fr_operation, value, 32);
AT(fr_operation, result, 48);
AT(fr_operation, called, 64);
AT(fr_operation, ended, 72);
AT(fr_operation, call_rank, 80);
AT(fr_operation, end_rank, 88);
AT(fr_operation, id, 96);

GROWS(fr_history, 56);
AT(fr_history, size, 0);
AT(fr_history, nodes, 4);
AT(fr_history, clients, 8);
AT(fr_history, op_stride, 12);
AT(fr_history, ops, 16);
AT(fr_history, op_count, 24);
AT(fr_history, messages, 32);
AT(fr_history, message_bytes, 40);
AT(fr_history, duration, 48);

GROWS(fr_work_host, 48);
AT(fr_work_host, size, 0);
AT(fr_work_host, minor, 4);
AT(fr_work_host, random, 8);
AT(fr_work_host, now, 16);
AT(fr_work_host, param, 24);
AT(fr_work_host, alloc, 32);
AT(fr_work_host, supported, 40);

GROWS(fr_work, 32);
AT(fr_work, size, 0);
AT(fr_work, nodes, 4);
AT(fr_work, clients, 8);
AT(fr_work, phase, 12);
AT(fr_work, state, 16);
AT(fr_work, host, 24);

GROWS(fr_model, 72);
AT(fr_model, size, 0);
AT(fr_model, state_size, 4);
AT(fr_model, name, 8);
AT(fr_model, init, 16);
AT(fr_model, step, 24);
AT(fr_model, equal, 32);
AT(fr_model, hash, 40);
AT(fr_model, partition, 48);
AT(fr_model, describe_op, 56);
AT(fr_model, describe_state, 64);

GROWS(fr_judge, 40);
AT(fr_judge, size, 0);
AT(fr_judge, reserved, 4);
AT(fr_judge, violation, 8);
AT(fr_judge, unknown, 16);
AT(fr_judge, metric, 24);
AT(fr_judge, alloc, 32);
AT(fr_judge, param, 40);

GROWS(fr_condition, 16);
AT(fr_condition, name, 0);
AT(fr_condition, settings, 8);

FIXED(fr_conditions, 16);
AT(fr_conditions, at, 0);
AT(fr_conditions, count, 8);
AT(fr_conditions, stride, 12);

GROWS(fr_workload, 120);
AT(fr_workload, size, 0);
AT(fr_workload, minor, 4);
AT(fr_workload, name, 8);
AT(fr_workload, summary, 16);
AT(fr_workload, promise, 24);
AT(fr_workload, params, 32);
AT(fr_workload, ops, 48);
AT(fr_workload, state_size, 64);
AT(fr_workload, start, 72);
AT(fr_workload, next, 80);
AT(fr_workload, ended, 88);
AT(fr_workload, model, 96);
AT(fr_workload, own_model, 104);
AT(fr_workload, check, 112);
AT(fr_workload, conditions, 120);
#endif

IS(FR_TXN_READ, 0);
IS(FR_TXN_WRITE, 1);
IS(FR_TXN_APPEND, 1);
IS(FR_TXN_LIST, 2);
IS(FR_TXN_NIL, INT64_MIN);
IS(FR_MAJOR, 1);
IS(FR_MESSAGE_MAX, 1048576);
IS(FR_STATE_MAX, 1073741824);
IS(FR_NAME_MAX, 63);
IS(FR_TABLE_MAX, 256);
IS(FR_NODES_MAX, 1024);
GROWS(fr_variant, 32);
AT(fr_variant, name, 0);
AT(fr_variant, help, 8);
AT(fr_variant, needs, 16);
AT(fr_variant, cost, 20);
AT(fr_variant, weight, 24);
AT(fr_variant, reserved, 28);

FIXED(fr_variants, 16);
AT(fr_variants, at, 0);
AT(fr_variants, count, 8);
AT(fr_variants, stride, 12);

GROWS(fr_nemesis_host, 136);
AT(fr_nemesis_host, size, 0);
AT(fr_nemesis_host, minor, 4);
AT(fr_nemesis_host, random, 8);
AT(fr_nemesis_host, now, 16);
AT(fr_nemesis_host, after, 24);
AT(fr_nemesis_host, param, 32);
AT(fr_nemesis_host, notes, 40);
AT(fr_nemesis_host, state, 48);
AT(fr_nemesis_host, cut, 56);
AT(fr_nemesis_host, join, 64);
AT(fr_nemesis_host, kill, 72);
AT(fr_nemesis_host, boot, 80);
AT(fr_nemesis_host, pause, 88);
AT(fr_nemesis_host, resume, 96);
AT(fr_nemesis_host, clock, 104);
AT(fr_nemesis_host, begin, 112);
AT(fr_nemesis_host, finish, 120);
AT(fr_nemesis_host, say, 128);

GROWS(fr_fault, 56);
AT(fr_fault, size, 0);
AT(fr_fault, nodes, 4);
AT(fr_fault, clients, 8);
AT(fr_fault, variant, 12);
AT(fr_fault, target, 16);
AT(fr_fault, aimed, 24);
AT(fr_fault, state, 32);
AT(fr_fault, host, 40);
AT(fr_fault, nemesis, 48);

GROWS(fr_nemesis, 104);
AT(fr_nemesis, size, 0);
AT(fr_nemesis, minor, 4);
AT(fr_nemesis, name, 8);
AT(fr_nemesis, summary, 16);
AT(fr_nemesis, variants, 24);
AT(fr_nemesis, params, 40);
AT(fr_nemesis, aims, 56);
AT(fr_nemesis, reserved, 60);
AT(fr_nemesis, state_size, 64);
AT(fr_nemesis, start, 72);
AT(fr_nemesis, step, 80);
AT(fr_nemesis, end, 88);
AT(fr_nemesis, effect, 96);

IS(FR_AIM_NODES, 1);
IS(FR_AIM_GROUPS, 2);
IS(FR_COST_NONE, 0);
IS(FR_COST_CRASH, 1);
IS(FR_COST_STOP, 2);
IS(FR_COST_BYZANTINE, 3);
IS(FR_NODE_DOWN, 0);
IS(FR_NODE_BOOTING, 1);
IS(FR_NODE_UP, 2);
IS(FR_NODE_PAUSED, 3);
IS(FR_MINORITY, -1);
IS(FR_THIRD, -2);
IS(FR_ALL_BUT_ONE, -3);
IS(FR_ALL, -4);
IS(FR_BEARS_RECOVERY, 0x001);
IS(FR_BEARS_PARTITION, 0x002);
IS(FR_BEARS_LOSS, 0x004);
IS(FR_BEARS_COPIES, 0x008);
IS(FR_BEARS_ORDER, 0x010);
IS(FR_BEARS_DAMAGE, 0x020);
IS(FR_BEARS_DELAY, 0x040);
IS(FR_BEARS_CLOCKS, 0x080);
IS(FR_BEARS_RATES, 0x100);
IS(FR_BEARS_AMNESIA, 0x200);
IS(FR_BEARS_DISK, 0x400);
IS(FR_BEARS_ROT, 0x800);
IS(FR_BEARS_RETRIES, 0x1000);
IS(FR_BEARS_SKEW, 0x2000);
IS(FR_FILE_MAX, 1073741824);
IS(FR_TEXT_MAX, 4096);
IS(FR_EINVAL, -1);
IS(FR_EIO, -2);
IS(FR_ENOSPC, -3);
IS(FR_ENOENT, -4);
IS(FR_ELIMIT, -5);
IS(FR_NIL, 0);
IS(FR_INT, 1);
IS(FR_LIST, 2);
IS(FR_BYTES, 3);
IS(FR_PARAM_INT, 1);
IS(FR_PARAM_BOOL, 2);
IS(FR_PARAM_TIME, 3);
IS(FR_PARAM_SIZE, 4);
IS(FR_PARAM_REAL, 5);
IS(FR_PARAM_TEXT, 6);
IS(FR_KNOB, 1);
IS(FR_REPLY_OK, 1);
IS(FR_REPLY_FAIL, 2);
IS(FR_REPLY_UNSURE, 3);
IS(FR_REPLY_REDIRECT, 4);
IS(FR_LOG_DEBUG, 0);
IS(FR_LOG_INFO, 1);
IS(FR_LOG_WARN, 2);
IS(FR_LOG_ERROR, 3);
IS(FR_PURE, 1);
IS(FR_OPTIONAL, 2);
IS(FR_PHASE_MAIN, 0);
IS(FR_PHASE_FINAL, 1);
IS(FR_OP, 0);
IS(FR_WAIT, 1);
IS(FR_DONE, 2);
IS(FR_OK, 1);
IS(FR_FAIL, 2);
IS(FR_INFO, 3);
IS(FR_ANY_NODE, UINT32_MAX);
IS(FR_NO_KEY, INT64_MIN);

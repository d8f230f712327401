# Each workload is one file, and headers that several share.

workloadsdir = $(plugindir)/workloads
workloads_PROGRAMS =

workloads_PROGRAMS += %D%/agreement.so
%C%_agreement_so_SOURCES = %D%/agreement.c %D%/common.h
%C%_agreement_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_agreement_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_agreement_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/atomic-commit.so
%C%_atomic_commit_so_SOURCES = %D%/atomic-commit.c %D%/common.h
%C%_atomic_commit_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_atomic_commit_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_atomic_commit_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/bank.so
%C%_bank_so_SOURCES = %D%/bank.c %D%/common.h %D%/keys.h
%C%_bank_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_bank_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_bank_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/broadcast.so
%C%_broadcast_so_SOURCES = %D%/broadcast.c %D%/common.h
%C%_broadcast_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_broadcast_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/causal-order.so
%C%_causal_order_so_SOURCES = %D%/causal-order.c %D%/common.h %D%/deliveries.h
%C%_causal_order_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_causal_order_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_causal_order_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/convergence.so
%C%_convergence_so_SOURCES = %D%/convergence.c %D%/common.h %D%/settle.h
%C%_convergence_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_convergence_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_convergence_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/counter.so
%C%_counter_so_SOURCES = %D%/counter.c %D%/common.h %D%/keys.h
%C%_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_counter_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/echo.so
%C%_echo_so_SOURCES = %D%/echo.c %D%/common.h
%C%_echo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_echo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_echo_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/election.so
%C%_election_so_SOURCES = %D%/election.c %D%/common.h
%C%_election_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_election_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_election_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/eventual-counter.so
%C%_eventual_counter_so_SOURCES = %D%/eventual-counter.c %D%/common.h %D%/settle.h
%C%_eventual_counter_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_eventual_counter_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_eventual_counter_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/eventual-set.so
%C%_eventual_set_so_SOURCES = %D%/eventual-set.c %D%/common.h %D%/settle.h
%C%_eventual_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_eventual_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_eventual_set_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/fenced-lock.so
%C%_fenced_lock_so_SOURCES = %D%/fenced-lock.c %D%/common.h %D%/keys.h %D%/sections.h
%C%_fenced_lock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_fenced_lock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_fenced_lock_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/kv.so
%C%_kv_so_SOURCES = %D%/kv.c %D%/common.h %D%/keys.h
%C%_kv_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_kv_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_kv_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/list-append.so
%C%_list_append_so_SOURCES = %D%/list-append.c %D%/common.h %D%/keys.h %D%/txns.h
%C%_list_append_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_list_append_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_list_append_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/lock.so
%C%_lock_so_SOURCES = %D%/lock.c %D%/common.h %D%/keys.h %D%/sections.h
%C%_lock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lock_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/log.so
%C%_log_so_SOURCES = %D%/log.c %D%/common.h %D%/keys.h
%C%_log_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_log_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_log_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/mutex.so
%C%_mutex_so_SOURCES = %D%/mutex.c %D%/common.h
%C%_mutex_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_mutex_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_mutex_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/queue.so
%C%_queue_so_SOURCES = %D%/queue.c %D%/common.h %D%/keys.h %D%/piles.h
%C%_queue_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_queue_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_queue_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/register.so
%C%_register_so_SOURCES = %D%/register.c %D%/common.h %D%/keys.h
%C%_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_register_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/removals.so
%C%_removals_so_SOURCES = %D%/removals.c %D%/common.h %D%/settle.h
%C%_removals_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_removals_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_removals_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/rw-register.so
%C%_rw_register_so_SOURCES = %D%/rw-register.c %D%/common.h %D%/keys.h %D%/txns.h
%C%_rw_register_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_rw_register_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_rw_register_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/set.so
%C%_set_so_SOURCES = %D%/set.c %D%/common.h %D%/keys.h
%C%_set_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_set_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_set_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/siblings.so
%C%_siblings_so_SOURCES = %D%/siblings.c %D%/common.h %D%/settle.h
%C%_siblings_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_siblings_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_siblings_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/snapshot.so
%C%_snapshot_so_SOURCES = %D%/snapshot.c %D%/common.h
%C%_snapshot_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_snapshot_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_snapshot_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/stack.so
%C%_stack_so_SOURCES = %D%/stack.c %D%/common.h %D%/keys.h %D%/piles.h
%C%_stack_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_stack_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_stack_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/stamps.so
%C%_stamps_so_SOURCES = %D%/stamps.c %D%/common.h
%C%_stamps_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_stamps_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_stamps_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/total-order.so
%C%_total_order_so_SOURCES = %D%/total-order.c %D%/common.h %D%/deliveries.h
%C%_total_order_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_total_order_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_total_order_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/unique-ids.so
%C%_unique_ids_so_SOURCES = %D%/unique-ids.c %D%/common.h
%C%_unique_ids_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_unique_ids_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_unique_ids_so_LDFLAGS = $(PLUGIN_LINK)

workloads_PROGRAMS += %D%/wide-reads.so
%C%_wide_reads_so_SOURCES = %D%/wide-reads.c %D%/common.h %D%/keys.h
%C%_wide_reads_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_wide_reads_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_wide_reads_so_LDFLAGS = $(PLUGIN_LINK)

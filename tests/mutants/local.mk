# Each protocol with one planted bug: the same source with -DBUG_name.

check_PROGRAMS += \
	%D%/bracha.so \
	%D%/bracha-2f.so \
	%D%/courier.so \
	%D%/courier-bulk.so \
	%D%/courier-byte.so \
	%D%/courier-impatient.so \
	%D%/courier-no_dedup.so \
	%D%/courier-no_number.so \
	%D%/courier-no_retry.so \
	%D%/courier-no_sum.so \
	%D%/courier-one_bit.so \
	%D%/tickets.so \
	%D%/tickets-no_draw.so \
	%D%/abd-half.so \
	%D%/abd-no_write_back.so \
	%D%/broadcast-no_anti_entropy.so \
	%D%/echo-stale_answer.so \
	%D%/flake-ids-forgetful.so \
	%D%/flake-ids-no_node.so \
	%D%/primary-backup-early_answer.so

%C%_abd_half_so_SOURCES = plugins/protocols/abd/abd.c
%C%_abd_half_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_half
%C%_abd_half_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_abd_half_so_LDFLAGS = $(PLUGIN_LINK)

%C%_abd_no_write_back_so_SOURCES = plugins/protocols/abd/abd.c
%C%_abd_no_write_back_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_write_back
%C%_abd_no_write_back_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_abd_no_write_back_so_LDFLAGS = $(PLUGIN_LINK)

%C%_broadcast_no_anti_entropy_so_SOURCES = plugins/protocols/broadcast/broadcast.c
%C%_broadcast_no_anti_entropy_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_anti_entropy
%C%_broadcast_no_anti_entropy_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_broadcast_no_anti_entropy_so_LDFLAGS = $(PLUGIN_LINK)

%C%_echo_stale_answer_so_SOURCES = plugins/protocols/echo/echo.c
%C%_echo_stale_answer_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_stale_answer
%C%_echo_stale_answer_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_echo_stale_answer_so_LDFLAGS = $(PLUGIN_LINK)

%C%_flake_ids_forgetful_so_SOURCES = plugins/protocols/flake-ids/flake-ids.c
%C%_flake_ids_forgetful_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_forgetful
%C%_flake_ids_forgetful_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_flake_ids_forgetful_so_LDFLAGS = $(PLUGIN_LINK)

%C%_flake_ids_no_node_so_SOURCES = plugins/protocols/flake-ids/flake-ids.c
%C%_flake_ids_no_node_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_node
%C%_flake_ids_no_node_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_flake_ids_no_node_so_LDFLAGS = $(PLUGIN_LINK)

%C%_primary_backup_early_answer_so_SOURCES = \
	plugins/protocols/primary-backup/primary-backup.c \
	plugins/protocols/shared/objects.c
%C%_primary_backup_early_answer_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_early_answer
%C%_primary_backup_early_answer_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_primary_backup_early_answer_so_LDFLAGS = $(PLUGIN_LINK)

# Small protocols that one kind of fault breaks, and no other.
check_PROGRAMS += \
	%D%/small/server.so \
	%D%/small/server-memory.so \
	%D%/small/server-early_ack.so \
	%D%/small/server-two_steps.so \
	%D%/small/server-sync_again.so \
	%D%/small/server-no_sum.so \
	%D%/small/server-format2.so \
	%D%/small/clique.so \
	%D%/small/lease.so \
	%D%/small/lock.so

%C%_small_server_so_SOURCES = %D%/small/server.c
%C%_small_server_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_small_server_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_memory_so_SOURCES = %D%/small/server.c
%C%_small_server_memory_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_memory
%C%_small_server_memory_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_memory_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_early_ack_so_SOURCES = %D%/small/server.c
%C%_small_server_early_ack_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_early_ack
%C%_small_server_early_ack_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_early_ack_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_two_steps_so_SOURCES = %D%/small/server.c
%C%_small_server_two_steps_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_two_steps
%C%_small_server_two_steps_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_two_steps_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_sync_again_so_SOURCES = %D%/small/server.c
%C%_small_server_sync_again_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_sync_again
%C%_small_server_sync_again_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_sync_again_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_no_sum_so_SOURCES = %D%/small/server.c
%C%_small_server_no_sum_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_sum
%C%_small_server_no_sum_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_no_sum_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_server_format2_so_SOURCES = %D%/small/server.c
%C%_small_server_format2_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFORMAT=2
%C%_small_server_format2_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_server_format2_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_clique_so_SOURCES = %D%/small/clique.c
%C%_small_clique_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_small_clique_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_clique_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_lease_so_SOURCES = %D%/small/lease.c
%C%_small_lease_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_small_lease_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_lease_so_LDFLAGS = $(PLUGIN_LINK)

%C%_small_lock_so_SOURCES = %D%/small/lock.c
%C%_small_lock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_small_lock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_small_lock_so_LDFLAGS = $(PLUGIN_LINK)

# Protocols that are there for the faults alone: each bug is what one family finds.

%C%_courier_so_SOURCES = %D%/courier.c
%C%_courier_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_courier_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_so_LDFLAGS = $(PLUGIN_LINK)

%C%_bracha_so_SOURCES = %D%/bracha.c
%C%_bracha_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_bracha_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_bracha_so_LDFLAGS = $(PLUGIN_LINK)

%C%_tickets_so_SOURCES = %D%/tickets.c
%C%_tickets_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_tickets_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_tickets_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_no_sum_so_SOURCES = %D%/courier.c
%C%_courier_no_sum_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_sum
%C%_courier_no_sum_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_no_sum_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_no_number_so_SOURCES = %D%/courier.c
%C%_courier_no_number_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_number
%C%_courier_no_number_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_no_number_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_one_bit_so_SOURCES = %D%/courier.c
%C%_courier_one_bit_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_one_bit
%C%_courier_one_bit_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_one_bit_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_byte_so_SOURCES = %D%/courier.c
%C%_courier_byte_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_byte
%C%_courier_byte_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_byte_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_no_retry_so_SOURCES = %D%/courier.c
%C%_courier_no_retry_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_retry
%C%_courier_no_retry_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_no_retry_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_impatient_so_SOURCES = %D%/courier.c
%C%_courier_impatient_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_impatient
%C%_courier_impatient_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_impatient_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_bulk_so_SOURCES = %D%/courier.c
%C%_courier_bulk_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_bulk
%C%_courier_bulk_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_bulk_so_LDFLAGS = $(PLUGIN_LINK)

%C%_courier_no_dedup_so_SOURCES = %D%/courier.c
%C%_courier_no_dedup_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_dedup
%C%_courier_no_dedup_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_courier_no_dedup_so_LDFLAGS = $(PLUGIN_LINK)

%C%_bracha_2f_so_SOURCES = %D%/bracha.c
%C%_bracha_2f_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_2f
%C%_bracha_2f_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_bracha_2f_so_LDFLAGS = $(PLUGIN_LINK)

%C%_tickets_no_draw_so_SOURCES = %D%/tickets.c
%C%_tickets_no_draw_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_draw
%C%_tickets_no_draw_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_tickets_no_draw_so_LDFLAGS = $(PLUGIN_LINK)

# Each protocol keeps its promise in a run, and each mutant is found.  The
# library's protocols each have a script of their own, which builds what it
# looks for.
TESTS += %D%/network.sh %D%/run.sh %D%/small.sh
EXTRA_DIST += %D%/network.sh %D%/run.sh %D%/small.sh \
	%D%/gone.sh \
	%D%/plans/cut.plan \
	%D%/plans/first.plan \
	%D%/plans/gone.plan \
	%D%/plans/halves.plan \
	%D%/plans/two-primaries.plan

EXTRA_DIST += %D%/all.sh %D%/library.sh %D%/soak.sh
CLEANFILES += %D%/*.so

# All of it, also what takes a minute to be found, and a table of it.
mutants: all $(check_PROGRAMS)
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		CC='$(CC)' SAN_CFLAGS='$(SAN_CFLAGS)' \
		bash $(top_srcdir)/tests/mutants/all.sh

# Every correct protocol, for long.
soak: all
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		bash $(top_srcdir)/tests/mutants/soak.sh
.PHONY: mutants soak

# Planted bugs of the library's protocols: the same source with -DBUG_name.

check_PROGRAMS += \
	%D%/lamport-mutex-tie.so \
	%D%/lamport-mutex-hears_nobody.so \
	%D%/paxos-accept_promises_nothing.so \
	%D%/paxos-ballot_reused.so \
	%D%/paxos-last_promise.so \
	%D%/paxos-quorums_miss.so \
	%D%/paxos-shared_ballots.so \
	%D%/raft-early_ack.so \
	%D%/raft-half.so \
	%D%/raft-hasty_change.so \
	%D%/raft-keeps_suffix.so \
	%D%/raft-lease_votes.so \
	%D%/raft-local_reads.so \
	%D%/raft-members_lost.so \
	%D%/raft-no_sessions.so \
	%D%/raft-no_up_to_date.so \
	%D%/raft-old_term.so \
	%D%/raft-snapshot_not_durable.so \
	%D%/raft-term_not_durable.so \
	%D%/raft-truncate_always.so \
	%D%/raft-vote_not_durable.so \
	%D%/ricart-agrawala-deaf_clock.so \
	%D%/ricart-agrawala-holder_agrees.so \
	%D%/ricart-agrawala-tie.so

%C%_lamport_mutex_tie_so_SOURCES = \
	plugins/protocols/lamport-mutex/lamport-mutex.c
%C%_lamport_mutex_tie_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_tie
%C%_lamport_mutex_tie_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lamport_mutex_tie_so_LDFLAGS = $(PLUGIN_LINK)

%C%_lamport_mutex_hears_nobody_so_SOURCES = \
	plugins/protocols/lamport-mutex/lamport-mutex.c
%C%_lamport_mutex_hears_nobody_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_hears_nobody
%C%_lamport_mutex_hears_nobody_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_lamport_mutex_hears_nobody_so_LDFLAGS = $(PLUGIN_LINK)

%C%_paxos_accept_promises_nothing_so_SOURCES = plugins/protocols/paxos/paxos.c
%C%_paxos_accept_promises_nothing_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_accept_promises_nothing
%C%_paxos_accept_promises_nothing_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_accept_promises_nothing_so_LDFLAGS = $(PLUGIN_LINK)

%C%_paxos_ballot_reused_so_SOURCES = plugins/protocols/paxos/paxos.c
%C%_paxos_ballot_reused_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_ballot_reused
%C%_paxos_ballot_reused_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_ballot_reused_so_LDFLAGS = $(PLUGIN_LINK)

%C%_paxos_last_promise_so_SOURCES = plugins/protocols/paxos/paxos.c
%C%_paxos_last_promise_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_last_promise
%C%_paxos_last_promise_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_last_promise_so_LDFLAGS = $(PLUGIN_LINK)

%C%_paxos_quorums_miss_so_SOURCES = plugins/protocols/paxos/paxos.c
%C%_paxos_quorums_miss_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_quorums_miss
%C%_paxos_quorums_miss_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_quorums_miss_so_LDFLAGS = $(PLUGIN_LINK)

%C%_paxos_shared_ballots_so_SOURCES = plugins/protocols/paxos/paxos.c
%C%_paxos_shared_ballots_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_shared_ballots
%C%_paxos_shared_ballots_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_shared_ballots_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_early_ack_so_SOURCES = $(raft_sources)
%C%_raft_early_ack_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_early_ack
%C%_raft_early_ack_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_early_ack_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_half_so_SOURCES = $(raft_sources)
%C%_raft_half_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_half
%C%_raft_half_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_half_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_hasty_change_so_SOURCES = $(raft_sources)
%C%_raft_hasty_change_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_hasty_change
%C%_raft_hasty_change_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_hasty_change_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_keeps_suffix_so_SOURCES = $(raft_sources)
%C%_raft_keeps_suffix_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_keeps_suffix
%C%_raft_keeps_suffix_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_keeps_suffix_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_lease_votes_so_SOURCES = $(raft_sources)
%C%_raft_lease_votes_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_lease_votes
%C%_raft_lease_votes_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_lease_votes_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_local_reads_so_SOURCES = $(raft_sources)
%C%_raft_local_reads_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_local_reads
%C%_raft_local_reads_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_local_reads_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_members_lost_so_SOURCES = $(raft_sources)
%C%_raft_members_lost_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_members_lost
%C%_raft_members_lost_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_members_lost_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_no_sessions_so_SOURCES = $(raft_sources)
%C%_raft_no_sessions_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_sessions
%C%_raft_no_sessions_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_no_sessions_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_no_up_to_date_so_SOURCES = $(raft_sources)
%C%_raft_no_up_to_date_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_no_up_to_date
%C%_raft_no_up_to_date_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_no_up_to_date_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_old_term_so_SOURCES = $(raft_sources)
%C%_raft_old_term_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_old_term
%C%_raft_old_term_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_old_term_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_snapshot_not_durable_so_SOURCES = $(raft_sources)
%C%_raft_snapshot_not_durable_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_snapshot_not_durable
%C%_raft_snapshot_not_durable_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_snapshot_not_durable_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_term_not_durable_so_SOURCES = $(raft_sources)
%C%_raft_term_not_durable_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_term_not_durable
%C%_raft_term_not_durable_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_term_not_durable_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_truncate_always_so_SOURCES = $(raft_sources)
%C%_raft_truncate_always_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_truncate_always
%C%_raft_truncate_always_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_truncate_always_so_LDFLAGS = $(PLUGIN_LINK)

%C%_raft_vote_not_durable_so_SOURCES = $(raft_sources)
%C%_raft_vote_not_durable_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_vote_not_durable
%C%_raft_vote_not_durable_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_vote_not_durable_so_LDFLAGS = $(PLUGIN_LINK)

%C%_ricart_agrawala_deaf_clock_so_SOURCES = \
	plugins/protocols/ricart-agrawala/ricart-agrawala.c
%C%_ricart_agrawala_deaf_clock_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_deaf_clock
%C%_ricart_agrawala_deaf_clock_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_ricart_agrawala_deaf_clock_so_LDFLAGS = $(PLUGIN_LINK)

%C%_ricart_agrawala_holder_agrees_so_SOURCES = \
	plugins/protocols/ricart-agrawala/ricart-agrawala.c
%C%_ricart_agrawala_holder_agrees_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_holder_agrees
%C%_ricart_agrawala_holder_agrees_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_ricart_agrawala_holder_agrees_so_LDFLAGS = $(PLUGIN_LINK)

%C%_ricart_agrawala_tie_so_SOURCES = \
	plugins/protocols/ricart-agrawala/ricart-agrawala.c
%C%_ricart_agrawala_tie_so_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBUG_tie
%C%_ricart_agrawala_tie_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_ricart_agrawala_tie_so_LDFLAGS = $(PLUGIN_LINK)

TESTS += %D%/library.sh
EXTRA_DIST += %D%/library.sh

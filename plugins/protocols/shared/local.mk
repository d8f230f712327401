# What several protocols are made of; each names the pieces that it includes.

# The state machine that a log is of, with everything that it can do.
machine_sources = \
	%D%/machine.c %D%/machine.h \
	%D%/objects.c %D%/objects.h \
	%D%/verbs.c %D%/verbs.h \
	%D%/verbs_lists.c \
	%D%/verbs_locks.c \
	%D%/verbs_txn.c

# What chain, craq and primary-view are: updates that flow down a view.
stream_sources = \
	$(machine_sources) \
	%D%/config.c %D%/config.h \
	%D%/history.c %D%/history.h \
	%D%/stream.c %D%/stream.h \
	%D%/stream_clients.c \
	%D%/stream_copies.c

# Two-phase commit, but for what is voted on; and what all who commit share.
decisions_sources = \
	%D%/decisions.c %D%/decisions.h \
	%D%/set.h
two_phase_sources = \
	$(decisions_sources) \
	%D%/two-phase.c %D%/two-phase.h

TESTS += tests/mutants/machine.sh
EXTRA_DIST += tests/mutants/machine.sh

# What replicated data types are made of.
gossip_sources = \
	%D%/gossip.c %D%/gossip.h \
	%D%/gossip_states.c %D%/gossip_states.h \
	%D%/ledger.h %D%/mix.h %D%/set.h

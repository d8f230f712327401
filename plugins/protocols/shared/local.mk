# What several protocols are made of; each names the pieces that it includes.

# The state machine that a log is of, with everything that it can do.
machine_sources = \
	%D%/machine.c %D%/machine.h \
	%D%/objects.c %D%/objects.h \
	%D%/verbs.c %D%/verbs.h \
	%D%/verbs_lists.c \
	%D%/verbs_locks.c \
	%D%/verbs_txn.c

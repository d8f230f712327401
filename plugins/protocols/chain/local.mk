# What craq and primary-view are made of, too.
stream_sources = \
	plugins/protocols/shared/config.c plugins/protocols/shared/config.h \
	plugins/protocols/shared/history.c plugins/protocols/shared/history.h \
	plugins/protocols/shared/machine.c plugins/protocols/shared/machine.h \
	plugins/protocols/shared/objects.c plugins/protocols/shared/objects.h \
	plugins/protocols/shared/stream.c plugins/protocols/shared/stream.h \
	plugins/protocols/shared/stream_clients.c \
	plugins/protocols/shared/stream_copies.c \
	plugins/protocols/shared/verbs.c plugins/protocols/shared/verbs.h \
	plugins/protocols/shared/verbs_lists.c \
	plugins/protocols/shared/verbs_locks.c \
	plugins/protocols/shared/verbs_txn.c

protocols_PROGRAMS += %D%/chain.so
%C%_chain_so_SOURCES = %D%/chain.c $(stream_sources)
%C%_chain_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_chain_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_chain_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/chain.sh
EXTRA_DIST += tests/mutants/chain.sh

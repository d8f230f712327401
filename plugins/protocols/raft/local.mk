protocols_PROGRAMS += %D%/raft.so
%C%_raft_so_SOURCES = \
	$(machine_sources) \
	%D%/election.c \
	%D%/log.c \
	%D%/members.c \
	%D%/raft.c %D%/raft.h \
	%D%/read.c \
	%D%/replicate.c \
	%D%/snapshot.c \
	plugins/protocols/shared/image.c plugins/protocols/shared/image.h \
	plugins/protocols/shared/journal.c plugins/protocols/shared/journal.h \
	plugins/protocols/shared/reads.c plugins/protocols/shared/reads.h \
	plugins/protocols/shared/set.h
%C%_raft_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_raft_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_raft_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/raft.sh
EXTRA_DIST += tests/mutants/raft.sh
EXTRA_DIST += tests/bench/raft.sh

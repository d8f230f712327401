protocols_PROGRAMS += %D%/paxos-commit.so
%C%_paxos_commit_so_SOURCES = \
	%D%/acceptor.c \
	%D%/leader.c \
	%D%/paxos-commit.c %D%/paxos-commit.h \
	$(decisions_sources)
%C%_paxos_commit_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_paxos_commit_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_paxos_commit_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/paxos-commit.sh
EXTRA_DIST += tests/mutants/paxos-commit.sh

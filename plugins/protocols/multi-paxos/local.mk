protocols_PROGRAMS += %D%/multi-paxos.so
%C%_multi_paxos_so_SOURCES = \
	$(machine_sources) \
	%D%/acceptor.c \
	%D%/leader.c \
	%D%/learner.c \
	%D%/multi-paxos.c %D%/multi-paxos.h \
	plugins/protocols/shared/image.c plugins/protocols/shared/image.h \
	plugins/protocols/shared/journal.c plugins/protocols/shared/journal.h \
	plugins/protocols/shared/reads.c plugins/protocols/shared/reads.h \
	plugins/protocols/shared/set.h \
	plugins/protocols/shared/slots.c plugins/protocols/shared/slots.h \
	plugins/protocols/shared/waiting.c plugins/protocols/shared/waiting.h
%C%_multi_paxos_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_multi_paxos_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_multi_paxos_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/multi-paxos.sh
EXTRA_DIST += tests/mutants/multi-paxos.sh

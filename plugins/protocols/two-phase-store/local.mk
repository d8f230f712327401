protocols_PROGRAMS += %D%/two-phase-store.so
%C%_two_phase_store_so_SOURCES = \
	%D%/shard.c \
	%D%/store.h \
	%D%/two-phase-store.c \
	$(two_phase_sources) \
	plugins/protocols/shared/objects.c \
	plugins/protocols/shared/objects.h
%C%_two_phase_store_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_two_phase_store_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_two_phase_store_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/two-phase-store.sh
EXTRA_DIST += tests/mutants/two-phase-store.sh

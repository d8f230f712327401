protocols_PROGRAMS += %D%/two-phase-commit.so
%C%_two_phase_commit_so_SOURCES = \
	%D%/two-phase-commit.c \
	$(two_phase_sources)
%C%_two_phase_commit_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_two_phase_commit_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_two_phase_commit_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/two-phase-commit.sh
EXTRA_DIST += tests/mutants/two-phase-commit.sh

protocols_PROGRAMS += %D%/three-phase-commit.so
%C%_three_phase_commit_so_SOURCES = \
	%D%/termination.c \
	%D%/three-phase-commit.c %D%/three-phase.h \
	$(decisions_sources)
%C%_three_phase_commit_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_three_phase_commit_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_three_phase_commit_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/three-phase-commit.sh
EXTRA_DIST += tests/mutants/three-phase-commit.sh

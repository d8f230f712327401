protocols_PROGRAMS += %D%/commit-wait.so
%C%_commit_wait_so_SOURCES = %D%/commit-wait.c %D%/store.c %D%/store.h
%C%_commit_wait_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_commit_wait_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_commit_wait_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/commit-wait.sh
EXTRA_DIST += tests/mutants/commit-wait.sh

# One harness for each importer: replayed over its corpus by `make check`, and
# with --enable-fuzzers a program of libFuzzer's.
check_PROGRAMS += %D%/replay_edn %D%/replay_jsonl %D%/replay_log
TESTS += %D%/replay_edn %D%/replay_jsonl %D%/replay_log

%C%_replay_edn_SOURCES = %D%/import.c %D%/replay.c
%C%_replay_edn_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"edn"'
%C%_replay_edn_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)
%C%_replay_jsonl_SOURCES = %D%/import.c %D%/replay.c
%C%_replay_jsonl_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"jsonl"'
%C%_replay_jsonl_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)
%C%_replay_log_SOURCES = %D%/import.c %D%/replay.c
%C%_replay_log_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"jepsen-log"'
%C%_replay_log_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)

if FUZZERS
noinst_PROGRAMS += %D%/fuzz_edn %D%/fuzz_jsonl %D%/fuzz_log
%C%_fuzz_edn_SOURCES = %D%/import.c
%C%_fuzz_edn_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"edn"'
%C%_fuzz_edn_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_CFLAGS)
%C%_fuzz_edn_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)
%C%_fuzz_jsonl_SOURCES = %D%/import.c
%C%_fuzz_jsonl_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"jsonl"'
%C%_fuzz_jsonl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_CFLAGS)
%C%_fuzz_jsonl_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)
%C%_fuzz_log_SOURCES = %D%/import.c
%C%_fuzz_log_CPPFLAGS = $(AM_CPPFLAGS) -DFORMAT='"jepsen-log"'
%C%_fuzz_log_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_CFLAGS)
%C%_fuzz_log_LDADD = $(IMPORT_LIBS) $(BASE_LIBS)
endif

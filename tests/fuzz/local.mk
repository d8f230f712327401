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

check_PROGRAMS += %D%/replay_yaml
TESTS += %D%/replay_yaml
%C%_replay_yaml_SOURCES = %D%/yaml.c %D%/replay.c
%C%_replay_yaml_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"tests/data/yaml"'
%C%_replay_yaml_LDADD = $(BASE_LIBS)
EXTRA_DIST += tests/data/yaml/assignment.yaml tests/data/yaml/bad.yaml \
	tests/data/yaml/campaign.yaml tests/data/yaml/texts.yaml

if FUZZERS
noinst_PROGRAMS += %D%/fuzz_yaml
%C%_fuzz_yaml_SOURCES = %D%/yaml.c
%C%_fuzz_yaml_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_CFLAGS)
%C%_fuzz_yaml_LDADD = $(BASE_LIBS)
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

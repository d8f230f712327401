noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/elf.c %D%/elf.h \
	%D%/err.c %D%/err.h \
	%D%/json.c %D%/json.h \
	%D%/limit.c %D%/limit.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/place.c %D%/place.h \
	%D%/rand.c %D%/rand.h \
	%D%/shell.c %D%/shell.h \
	%D%/units.c %D%/units.h \
	%D%/yaml.c %D%/yaml.h %D%/yaml_clean.c %D%/yaml_expect.c %D%/yaml_inside.h \
	%D%/yaml_text.c

BASE_LIBS = %D%/libbase.a -lm

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_base tests/unit/test_yaml
tests_unit_test_yaml_SOURCES = tests/unit/test_yaml.c
tests_unit_test_yaml_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_yaml_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_base_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_base tests/unit/test_yaml
endif

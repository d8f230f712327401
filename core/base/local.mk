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
	%D%/units.c %D%/units.h

BASE_LIBS = %D%/libbase.a -lm

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_base_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
TESTS += tests/unit/test_base
endif

noinst_LIBRARIES += %D%/libnemesis.a
%C%_libnemesis_a_SOURCES = \
	%D%/families.h \
	%D%/nemesis.c %D%/nemesis.h \
	%D%/partition.c \
	%D%/plan.c \
	%D%/process.c \
	%D%/target.c %D%/target.h

# It speaks to the world through world.h alone; what it calls is net and base.
NEMESIS_LIBS = %D%/libnemesis.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_plan
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c \
	tests/unit/small_world.c tests/unit/small_world.h
tests_unit_test_plan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_LDADD = $(NEMESIS_LIBS) core/net/libnet.a $(BASE_LIBS) \
	$(CHECK_LIBS)
TESTS += tests/unit/test_plan
endif

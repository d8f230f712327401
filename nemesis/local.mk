noinst_LIBRARIES += %D%/libnemesis.a
%C%_libnemesis_a_SOURCES = \
	%D%/byzantine.c \
	%D%/client.c \
	%D%/clock.c \
	%D%/disk.c \
	%D%/families.h \
	%D%/family.c \
	%D%/guard.c %D%/guard.h \
	%D%/guest.c %D%/guest.h %D%/guest_load.c \
	%D%/laid.c %D%/laid.h \
	%D%/nemesis.c %D%/nemesis.h \
	%D%/network.c \
	%D%/param.c %D%/param.h \
	%D%/partition.c \
	%D%/plan.c %D%/plan.h \
	%D%/process.c \
	%D%/reboot.c \
	%D%/script.c \
	%D%/target.c %D%/target.h \
	%D%/twins.c \
	%D%/victims.c %D%/victims.h

# It speaks to the world through world.h alone; what it calls is net and base.
NEMESIS_LIBS = %D%/libnemesis.a

if HAVE_CHECK
check_PROGRAMS += tests/unit/test_families tests/unit/test_plan
tests_unit_test_families_SOURCES = tests/unit/test_families.c \
	tests/unit/small_world.c tests/unit/small_world.h
tests_unit_test_families_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_families_LDADD = $(NEMESIS_LIBS) core/net/libnet.a \
	$(BASE_LIBS) $(CHECK_LIBS)
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c \
	tests/unit/small_world.c tests/unit/small_world.h
tests_unit_test_plan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_LDADD = $(NEMESIS_LIBS) core/net/libnet.a $(BASE_LIBS) \
	$(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_guard
tests_unit_test_guard_SOURCES = tests/unit/test_guard.c \
	tests/unit/small_world.c tests/unit/small_world.h
tests_unit_test_guard_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_guard_LDADD = $(NEMESIS_LIBS) core/net/libnet.a $(BASE_LIBS) \
	$(CHECK_LIBS)
TESTS += tests/unit/test_families tests/unit/test_plan tests/unit/test_guard
endif

TESTS += tests/e2e/nemesis.sh
EXTRA_DIST += tests/e2e/nemesis.sh examples/nemesis/landslide.c

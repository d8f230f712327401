# What holds for the whole house; each part's own tests are in its local.mk.

TESTS += \
	%D%/e2e/database.sh \
	%D%/e2e/hostile.sh \
	%D%/e2e/house.sh \
	%D%/e2e/readme.sh \
	%D%/e2e/run.sh
EXTRA_DIST += \
	%D%/e2e/database.sh \
	%D%/e2e/hostile.c \
	%D%/e2e/hostile.sh \
	%D%/e2e/house.sh \
	%D%/e2e/lib.sh \
	%D%/e2e/readme.sh \
	%D%/e2e/run.sh

# ---- other things that make can do ----------------------------------------------

# Style and static analysis: what is not installed is named and left out.
lint:
	@top_srcdir='$(top_srcdir)' CLANG_TIDY='$(CLANG_TIDY)' \
		CPPCHECK='$(CPPCHECK)' SHELLCHECK='$(SHELLCHECK)' \
		AWK='$(AWK)' bash $(top_srcdir)/tests/lint.sh
EXTRA_DIST += %D%/lint.sh

# What takes longer than a test should: thousands of repetitions.
check-full: all $(check_PROGRAMS)
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		CC='$(CC)' SAN_CFLAGS='$(SAN_CFLAGS)' FRACAS_FULL=1 \
		bash $(top_srcdir)/tests/e2e/sim-same.sh

# After the rules of the simulated world were changed on purpose.
hashes: all $(check_PROGRAMS)
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		CC='$(CC)' FRACAS_HASHES=write \
		bash $(top_srcdir)/tests/e2e/sim-same.sh
.PHONY: check-full hashes

# Figures, each with the command that gives it.
bench: all $(BENCHES)
	@top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)' \
		bash $(top_srcdir)/tests/bench/run.sh
EXTRA_DIST += %D%/bench/run.sh

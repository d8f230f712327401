protocols_PROGRAMS += %D%/echo.so
%C%_echo_so_SOURCES = %D%/echo.c
%C%_echo_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_echo_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_echo_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/echo.sh
EXTRA_DIST += tests/mutants/echo.sh

protocols_PROGRAMS += %D%/primary-backup.so
%C%_primary_backup_so_SOURCES = %D%/primary-backup.c \
	plugins/protocols/shared/objects.c plugins/protocols/shared/objects.h
%C%_primary_backup_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_primary_backup_so_CFLAGS = $(PLUGIN_CFLAGS)
%C%_primary_backup_so_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md

TESTS += tests/mutants/primary-backup.sh
EXTRA_DIST += tests/mutants/primary-backup.sh

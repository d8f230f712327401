# The public headers, and what tells a compiler where they are.
fracasincludedir = $(includedir)/fracas
dist_fracasinclude_HEADERS = \
	%D%/include/fracas/protocol.h \
	%D%/include/fracas/easy.h \
	%D%/include/fracas/nemesis.h \
	%D%/include/fracas/txn.h \
	%D%/include/fracas/workload.h

pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = %D%/fracas.pc

# `make install prefix=...` may name another place than configure was told.
install-data-hook:
	$(SED) 's|^prefix=.*|prefix=$(prefix)|' %D%/fracas.pc \
		>$(DESTDIR)$(pkgconfigdir)/fracas.pc

EXTRA_DIST += %D%/README.md

# Templates for `fracas new`.  Their files are named with @NAME@, which make
# had better not see: whole folders are distributed and installed.
EXTRA_DIST += %D%/plugin

templatesdir = $(pkgdatadir)/templates

install-data-local:
	@for f in $(srcdir)/%D%/plugin/*/.about $(srcdir)/%D%/plugin/*/*; do \
		folder=$${f%/*}; \
		to="$(DESTDIR)$(templatesdir)/$${folder##*/}"; \
		$(MKDIR_P) "$$to" || exit 1; \
		echo " $(INSTALL_DATA) '$$f' '$$to'"; \
		$(INSTALL_DATA) "$$f" "$$to" || exit 1; \
	done

uninstall-local:
	@for folder in $(srcdir)/%D%/plugin/*; do \
		to="$(DESTDIR)$(templatesdir)/$${folder##*/}"; \
		for f in "$$folder"/.about "$$folder"/*; do \
			rm -f "$$to/$${f##*/}"; \
		done; \
		rmdir "$$to" 2>/dev/null || :; \
	done
	@rmdir "$(DESTDIR)$(templatesdir)" 2>/dev/null || :

/* SPDX-License-Identifier: MIT */
/* Brings the nng carrier in, where a node is to use it. */
#include "core/node/carrier.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

struct carrier *
carrier_nng(const char *url, struct fr_err *err)
{
	char self[PATH_MAX], *path;
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
	carrier_nng_fn open_nng;
	void *object, *symbol;
	char *slash;

	if (size < 0) {
		(void)err_sys(err, "find %s", CARRIER_NNG_OBJECT);
		return NULL;
	}
	self[size] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	path = mem_format("%s/%s", self, CARRIER_NNG_OBJECT);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	symbol = object == NULL ? NULL : dlsym(object, CARRIER_NNG_SYMBOL);
	if (symbol == NULL) {
		(void)err_set(err, "the nng carrier: %s", dlerror());
		return NULL;
	}
	memcpy(&open_nng, &symbol, sizeof open_nng);
	return open_nng(url, err);
}

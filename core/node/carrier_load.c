/* SPDX-License-Identifier: MIT */
/* Brings the nng carrier in, where a node is to use it. */
#include "core/node/carrier.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/place.h"

struct carrier *
carrier_nng(const char *url, struct fr_err *err)
{
	char *own = place_own(), *path;
	carrier_nng_fn open_nng;
	void *object, *symbol;

	if (own == NULL) {
		(void)err_sys(err, "find %s", CARRIER_NNG_OBJECT);
		return NULL;
	}
	path = mem_format("%s/%s", own, CARRIER_NNG_OBJECT);
	free(own);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	free(path);
	symbol = object == NULL ? NULL : dlsym(object, CARRIER_NNG_SYMBOL);
	if (symbol == NULL) {
		(void)err_set(err, "the nng carrier: %s", dlerror());
		return NULL;
	}
	memcpy(&open_nng, &symbol, sizeof open_nng);
	return open_nng(url, err);
}

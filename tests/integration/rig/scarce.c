/*
 * scarce: memory that runs out once, loaded in front of the C library
 * (LD_PRELOAD). The allocation whose number ROOMCAST_TEST_SCARCE names, counted
 * from main on, fails; with 0 none does, and the number of all is written to
 * standard error at the end. libcrypto starts before: it crashes by itself when
 * its own start runs out of memory.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Atomic long counted;
static _Atomic long failing = -1; /* -1: not counting yet */

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("ROOMCAST_TEST_SCARCE");

	EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
	atomic_store(&failing, text ? strtol(text, NULL, 10) : 0);
}

static int is_refused(void)
{
	long wanted = atomic_load(&failing);

	if (wanted < 0 || atomic_fetch_add(&counted, 1) + 1 != wanted)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, count * size);
}

__attribute__((destructor)) static void report(void)
{
	if (atomic_load(&failing) == 0)
		(void)fprintf(
		    stderr, "allocations: %ld\n", atomic_load(&counted));
}

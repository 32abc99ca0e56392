/*
 * tls_cipher, tls_records, tls_bio: when libcrypto gets no memory, or the
 * socket fails, no record goes out under a key that is half renewed, and none
 * behind one of which a part is missing; and what is left in libcrypto's memory
 * of a key that is wiped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "sys/tls.h"
#include "sys/tls_cipher.h"
#include "sys/tls_server.h"
#include "tlsrig.h"

/* --- libcrypto's memory --- */

enum { BLOCKS = 1 << 16, HEAD = 16 };

/* The allocations of libcrypto; each has its place here in front of it. */
static struct {
	int until_none; /* allocations to the one that fails; 0: none */
	bool has_failed;
	char *blocks[BLOCKS];
	size_t sizes[BLOCKS];
	size_t count;
} memory;

static void *take(size_t size, const char *file, int line)
{
	char *block;

	(void)file;
	(void)line;
	if (memory.until_none > 0 && --memory.until_none == 0) {
		memory.has_failed = true;
		return NULL;
	}
	block = calloc(1, HEAD + size);
	if (!block || memory.count == BLOCKS)
		abort();
	memcpy(block, &memory.count, sizeof memory.count);
	memory.sizes[memory.count] = size;
	memory.blocks[memory.count++] = block;
	return block + HEAD;
}

static void give_back(void *at, const char *file, int line)
{
	size_t place;

	(void)file;
	(void)line;
	if (!at)
		return;
	memcpy(&place, (char *)at - HEAD, sizeof place);
	free(memory.blocks[place]);
	memory.count--;
	if (place == memory.count)
		return;
	memory.blocks[place] = memory.blocks[memory.count];
	memory.sizes[place] = memory.sizes[memory.count];
	memcpy(memory.blocks[place], &place, sizeof place);
}

static void *resize(void *at, size_t size, const char *file, int line)
{
	void *resized = take(size, file, line);
	size_t place, before;

	if (!at || !resized)
		return resized;
	memcpy(&place, (char *)at - HEAD, sizeof place);
	before = memory.sizes[place];
	memcpy(resized, at, before < size ? before : size);
	give_back(at, file, line);
	return resized;
}

/* Before libcrypto has any. */
__attribute__((constructor)) static void begin(void)
{
	if (CRYPTO_set_mem_functions(take, resize, give_back) != 1)
		abort();
}

/* From now on the allocation of this number fails; 0: none does. */
static void fail_at(int number)
{
	memory.until_none = number;
	memory.has_failed = false;
}

static bool has(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < memory.count; i++)
		if (memmem(
			memory.blocks[i] + HEAD, memory.sizes[i], bytes, len))
			return true;
	return false;
}

/* --- keys --- */

static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 };
enum { CHACHA = 2 };

static void begin_cipher(struct tls_cipher *c, int suite)
{
	static const char secret[TLS_SECRET_MAX] = "a secret of the handshake";

	ck_assert(tls_cipher_begin(c, suites[suite],
	    slice_of(secret, suites[suite] == 0x1302 ? 48 : 32)));
}

static void seal_one(struct tls_cipher *c)
{
	unsigned char record[TLS_AROUND_BYTES + 5];

	ck_assert_uint_eq(
	    tls_cipher_seal(c, TLS_DATA, slice_str("hello"), record),
	    sizeof record);
}

/* Else records would go under the old key, and counts from 0 once more. */
START_TEST(test_a_key_is_renewed_whole_or_not_at_all)
{
	int failures = 0;

	for (int suite = 0; suite < 3; suite++) {
		do {
			struct tls_cipher c, before;
			bool is_renewed;

			begin_cipher(&c, suite);
			seal_one(&c);
			before = c;
			fail_at(++failures);
			is_renewed = tls_cipher_renew(&c);
			memory.until_none = 0;
			ck_assert(is_renewed || memory.has_failed);
			if (is_renewed)
				ck_assert_mem_ne(&c.key, &before.key, 16);
			else
				ck_assert_mem_eq(&c, &before, sizeof c);
			tls_cipher_wipe(&c);
		} while (memory.has_failed);
		ck_assert_int_gt(failures, 3); /* there were some to fail */
		failures = 0;
	}
}
END_TEST

START_TEST(test_a_wiped_key_is_nowhere_in_memory)
{
	for (int suite = 0; suite < 3; suite++) {
		struct tls_cipher c;
		unsigned char key[16];

		begin_cipher(&c, suite);
		seal_one(&c);
		memcpy(key, c.key, sizeof key);
		/* How a key of AES lies there is the processor's matter. */
		ck_assert(suite != CHACHA || has(key, sizeof key));
		tls_cipher_wipe(&c);
		ck_assert(!has(key, sizeof key));
	}
}
END_TEST

START_TEST(test_a_key_that_was_renewed_is_nowhere_in_memory)
{
	struct tls_cipher c;
	unsigned char key[16];

	begin_cipher(&c, CHACHA);
	seal_one(&c);
	memcpy(key, c.key, sizeof key);
	ck_assert(tls_cipher_renew(&c));
	ck_assert(!has(key, sizeof key));
	seal_one(&c);
	tls_cipher_wipe(&c);
}
END_TEST

START_TEST(test_wiping_one_leaves_the_other_as_it_is)
{
	struct tls_cipher out, in, other;
	unsigned char record[TLS_RECORD_MAX], opened[TLS_RECORD_MAX];
	int type;

	for (int suite = 0; suite < 3; suite++) {
		begin_cipher(&out, suite);
		begin_cipher(&in, suite);
		begin_cipher(&other, suite);
		for (int i = 0; i < 3; i++) {
			size_t len = tls_cipher_seal(
			    &out, TLS_DATA, slice_str("hello"), record);

			ck_assert_int_eq(
			    tls_cipher_open(&in, slice_of((char *)record, len),
				opened, &type),
			    5);
			tls_cipher_wipe(
			    i == 0 ? &other : &(struct tls_cipher){ 0 });
		}
		tls_cipher_wipe(&out);
		tls_cipher_wipe(&in);
	}
}
END_TEST

/* --- streams --- */

struct pair {
	struct tlsrig files;
	struct tls_server *listener;
	struct tls *server;
	SSL_CTX *client_context;
	SSL *client;
	int fds[2]; /* the server's, the client's */
	char scratch[TLS_READ_MIN];
};

static ssize_t read_once(struct pair *p)
{
	return tls_read(p->server, p->scratch, sizeof p->scratch);
}

static ssize_t write_word(struct pair *p)
{
	char word[] = "word";
	const struct iovec iov = { word, 4 };

	return tls_writev(p->server, &iov, 1);
}

static void open_pair(struct pair *p, int version)
{
	struct err e = { "" };
	int done;

	memset(p, 0, sizeof *p);
	tlsrig_open(&p->files);
	p->listener = tlsrig_listen(&p->files, &e);
	ck_assert_msg(p->listener != NULL, "%s", e.text);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	p->server = tls_server_accept(p->listener, p->fds[0]);
	p->client_context = SSL_CTX_new(TLS_client_method());
	ck_assert(SSL_CTX_set_max_proto_version(p->client_context, version));
	p->client = SSL_new(p->client_context);
	ck_assert(SSL_set_fd(p->client, p->fds[1]));
	do {
		done = SSL_connect(p->client);
		ck_assert_int_eq(read_once(p), -EAGAIN);
	} while (done != 1 || !tls_is_up(p->server));
}

static void close_pair(struct pair *p)
{
	tls_free(p->server);
	tls_server_free(p->listener);
	SSL_free(p->client);
	SSL_CTX_free(p->client_context);
	(void)close(p->fds[0]);
	(void)close(p->fds[1]);
	tlsrig_close(&p->files);
}

/* The client has asked for a new key, and there is no memory to make it. */
START_TEST(test_a_key_that_cannot_be_renewed_ends_the_connection)
{
	int number = 0, ended = 0;
	bool has_failed;

	do {
		struct pair p;
		ssize_t n;

		open_pair(&p, TLS1_3_VERSION);
		ck_assert(SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED));
		ck_assert_int_eq(SSL_do_handshake(p.client), 1);
		fail_at(++number);
		n = read_once(&p);
		has_failed = memory.has_failed;
		memory.until_none = 0;
		ck_assert(n == -EAGAIN || (has_failed && n == -EPROTO));
		ck_assert_int_eq(write_word(&p), n == -EPROTO ? -EPIPE : 4);
		if (n == -EAGAIN)
			ck_assert_int_eq(SSL_read(p.client, p.scratch, 10), 4);
		ended += n == -EPROTO;
		close_pair(&p);
	} while (has_failed);
	ck_assert_int_gt(ended, 3);
}
END_TEST

/* Of a write that failed a part may have gone: the peer could not go on. */
START_TEST(test_nothing_goes_out_after_a_write_that_failed)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 2; i++) {
		struct pair p;
		int again[2];

		open_pair(&p, versions[i]);
		(void)close(p.fds[1]);
		ck_assert_int_eq(write_word(&p), -EPIPE);
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, again),
		    0);
		ck_assert_int_eq(dup2(again[0], p.fds[0]), p.fds[0]);
		p.fds[1] = again[1];
		(void)close(again[0]);
		ck_assert_int_eq(write_word(&p), -EPIPE);
		tls_shutdown(p.server);
		ck_assert_int_lt(recv(again[1], p.scratch, 100, 0), 0);
		close_pair(&p);
	}
}
END_TEST

UNIT_MAIN("sys/tls when memory is out",
    test_a_key_is_renewed_whole_or_not_at_all,
    test_a_wiped_key_is_nowhere_in_memory,
    test_a_key_that_was_renewed_is_nowhere_in_memory,
    test_wiping_one_leaves_the_other_as_it_is,
    test_a_key_that_cannot_be_renewed_ends_the_connection,
    test_nothing_goes_out_after_a_write_that_failed)

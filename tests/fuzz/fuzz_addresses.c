/*
 * Bytes as what clients do, two for each step: who, and whether it comes, it
 * goes, or time passes. The limits hold, and the table holds no more than
 * those who are here and those who came within the last second.
 */
#include <stdint.h>
#include <stdlib.h>

#include "net/addresses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS = 64, CONNECTIONS = 3, HANDSHAKES = 4 };

struct model {
	unsigned inside[CLIENTS];
	unsigned here; /* clients with a connection */
	int64_t now_ms;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void come(struct addresses *a, struct model *m, unsigned who)
{
	const unsigned char bytes[4] = { 192, 0, 2, (unsigned char)who };
	struct ip ip = ip_from_v4(bytes);
	enum addresses_verdict v = addresses_admit(a, &ip, m->now_ms);

	must((v == ADDRESSES_TOO_MANY) == (m->inside[who] == CONNECTIONS));
	if (v == ADDRESSES_ADMITTED && m->inside[who]++ == 0)
		m->here++;
}

static void go(struct addresses *a, struct model *m, unsigned who)
{
	const unsigned char bytes[4] = { 192, 0, 2, (unsigned char)who };
	struct ip ip = ip_from_v4(bytes);

	if (m->inside[who] == 0)
		return;
	addresses_release(a, &ip);
	if (--m->inside[who] == 0)
		m->here--;
}

/* After two quiet seconds each call forgets some, until only one is left. */
static void check_forgetting(struct addresses *a, struct model *m)
{
	const unsigned char bytes[4] = { 198, 51, 100, 1 };
	struct ip ip = ip_from_v4(bytes);

	m->now_ms += 2000;
	for (int i = 0; i < CLIENTS; i++) {
		must(addresses_admit(a, &ip, m->now_ms) == ADDRESSES_ADMITTED);
		addresses_release(a, &ip);
		m->now_ms += 1000;
	}
	must(addresses_count(a) <= m->here + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct addresses_limits limits = { CONNECTIONS, HANDSHAKES };
	struct addresses *a = addresses_new(&limits);
	struct model m = { .now_ms = 1000 };

	for (size_t i = 0; i + 1 < size; i += 2) {
		if (data[i] < 120)
			come(a, &m, data[i + 1] % CLIENTS);
		else if (data[i] < 240)
			go(a, &m, data[i + 1] % CLIENTS);
		else
			m.now_ms += data[i + 1] * 4;
		must(addresses_count(a) <= CLIENTS);
	}
	check_forgetting(a, &m);
	addresses_free(a);
	return 0;
}

/*
 * Any bytes as a prefix: what is one holds its own first address and its last
 * one (unless that is an IPv4 one in a range of IPv6), and reads the same from
 * the address and the bits that came out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/prefix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct ip last_of(const struct prefix *p)
{
	struct ip ip = ip_from_v6(p->bytes);

	for (unsigned i = p->bits; i < 8 * IP_BYTES; i++)
		ip.bytes[i / 8] |= (unsigned char)(0x80 >> i % 8);
	return ip;
}

static void check_spelling(const struct prefix *p)
{
	struct ip base = ip_from_v6(p->bytes);
	bool is_v4 = p->bits >= 96 && ip_is_v4(&base);
	char address[IP_TEXT_MAX], text[IP_TEXT_MAX + 4];
	struct prefix again;

	ip_format(&base, address);
	(void)snprintf(text, sizeof text, "%s/%u", address,
	    is_v4 ? p->bits - 96 : p->bits);
	must(prefix_parse(&again, slice_str(text), NULL) == 0);
	must(again.bits == p->bits);
	must(!memcmp(again.bytes, p->bytes, IP_BYTES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct err e = { "" };
	struct prefix p;
	struct ip ip;

	if (prefix_parse(&p, text, &e) < 0) {
		must(e.text[0] != '\0');
		return 0;
	}
	must(p.bits <= 8 * IP_BYTES);
	must(p.bits == 8 * IP_BYTES || !ip_parse(text, &ip));
	ip = ip_from_v6(p.bytes);
	must(prefix_holds(&p, &ip));
	ip = last_of(&p);
	must(prefix_holds(&p, &ip) == (p.bits >= 96 || !ip_is_v4(&ip)));
	check_spelling(&p);
	return 0;
}

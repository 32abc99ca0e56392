/*
 * tls_hosts: a name is the first certificate's that has it, exact names come
 * before wildcards, and bytes that are no name match nothing.
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "sys/tls_hosts.h"
#include "unit.h"

static struct tls_hosts *hosts;
static SSL_CTX *one, *two;

static void set_up(void)
{
	hosts = tls_hosts_new();
	one = SSL_CTX_new(TLS_server_method());
	two = SSL_CTX_new(TLS_server_method());
}

static void tear_down(void)
{
	tls_hosts_free(hosts);
	SSL_CTX_free(one);
	SSL_CTX_free(two);
}

static void push_name(GENERAL_NAMES *names, const char *bytes, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	ck_assert(ASN1_STRING_set(text, bytes, len));
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	ck_assert(sk_GENERAL_NAME_push(names, name));
}

/* A certificate for one or two names, where those are not NULL. */
static X509 *certificate_for(const char *a, const char *b)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *x = X509_new();

	if (a)
		push_name(names, a, (int)strlen(a));
	if (b)
		push_name(names, b, (int)strlen(b));
	ck_assert(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0));
	GENERAL_NAMES_free(names);
	return x;
}

static size_t add(const char *a, const char *b, SSL_CTX *ctx)
{
	X509 *x = certificate_for(a, b);
	size_t count = tls_hosts_add(hosts, x, ctx);

	X509_free(x);
	return count;
}

static SSL_CTX *find(const char *name)
{
	return tls_hosts_find(hosts, slice_str(name));
}

static bool are_of_one(const char *a, const char *b, SSL_CTX **ctx)
{
	X509 *x = certificate_for(a, b);
	bool are = tls_hosts_are_of_one(hosts, x, ctx);

	X509_free(x);
	return are;
}

START_TEST(a_name_is_the_first_ones)
{
	ck_assert_uint_eq(add("a.test", "b.test", one), 2);
	ck_assert_uint_eq(add("B.TEST", "c.test", two), 1);
	ck_assert_uint_eq(add("a.test", NULL, two), 0);
	ck_assert_ptr_eq(find("a.test"), one);
	ck_assert_ptr_eq(find("b.test"), one);
	ck_assert_ptr_eq(find("c.test"), two);
	ck_assert_ptr_null(find("d.test"));
}
END_TEST

START_TEST(names_of_the_default_are_not_others)
{
	ck_assert_uint_eq(add("a.test", NULL, NULL), 1);
	ck_assert_uint_eq(add("a.test", "*.test", one), 1);
	ck_assert_ptr_null(find("a.test"));
	ck_assert_ptr_eq(find("b.test"), one);
}
END_TEST

START_TEST(an_exact_name_comes_before_a_wildcard)
{
	(void)add("*.wide.test", NULL, one);
	(void)add("exact.wide.test", NULL, two);
	ck_assert_ptr_eq(find("any.WIDE.test"), one);
	ck_assert_ptr_eq(find("exact.wide.test"), two);
	ck_assert_ptr_null(find("wide.test"));
	ck_assert_ptr_null(find("a.b.wide.test"));
}
END_TEST

START_TEST(odd_bytes_match_nothing)
{
	char name[300];

	(void)add("*.test", "*.", one);
	memset(name, 'x', sizeof name);
	ck_assert_ptr_null(tls_hosts_find(hosts, slice_of(name, sizeof name)));
	memcpy(name + 250, ".test", 5);
	ck_assert_ptr_eq(tls_hosts_find(hosts, slice_of(name, 255)), one);
	ck_assert_ptr_null(tls_hosts_find(hosts, slice_of("a.tes\0", 6)));
	ck_assert_ptr_null(tls_hosts_find(hosts, slice_of(NULL, 0)));
	ck_assert_ptr_null(find("."));
	ck_assert_ptr_null(find("a."));
	ck_assert_ptr_eq(find(".test"), one);
}
END_TEST

START_TEST(twins_have_the_very_same_names)
{
	SSL_CTX *ctx;

	(void)add("a.test", "b.test", one);
	(void)add("c.test", NULL, NULL);
	ck_assert(are_of_one("b.test", "A.test", &ctx));
	ck_assert_ptr_eq(ctx, one);
	ck_assert(are_of_one("c.test", NULL, &ctx));
	ck_assert_ptr_null(ctx);
	ck_assert(!are_of_one("a.test", NULL, &ctx));
	ck_assert(!are_of_one("a.test", "c.test", &ctx));
	ck_assert(!are_of_one("a.test", "d.test", &ctx));
	ck_assert(!are_of_one("d.test", NULL, &ctx));
	ck_assert(!are_of_one(NULL, NULL, &ctx));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_hosts", a_name_is_the_first_ones,
    names_of_the_default_are_not_others, an_exact_name_comes_before_a_wildcard,
    odd_bytes_match_nothing, twins_have_the_very_same_names)

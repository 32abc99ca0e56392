/*
 * tls_subject: all texts of a certificate's fields come as they are, in UTF-8
 * where the subject has them in something else.
 */
#include <openssl/x509v3.h>

#include "sys/tls_subject.h"
#include "unit.h"

static X509 *x;
static char seen[1024];

static void set_up(void)
{
	x = X509_new();
	seen[0] = '\0';
}

static void tear_down(void)
{
	X509_free(x);
}

static void add_part(const char *field, int type, const char *bytes, int len)
{
	ck_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), field,
	    type, (const unsigned char *)bytes, len, -1, 0));
}

static void push(GENERAL_NAMES *names, int type, const char *bytes, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	ck_assert(ASN1_STRING_set(text, bytes, len));
	GENERAL_NAME_set0_value(name, type, text);
	ck_assert(sk_GENERAL_NAME_push(names, name));
}

/* "field:length:bytes up to a NUL;" */
static void on_text(void *arg, enum tls_subject_field field, struct slice text)
{
	size_t used = strlen(seen);

	ck_assert_ptr_eq(arg, &x);
	(void)snprintf(seen + used, sizeof seen - used, "%d:%zu:%.*s;",
	    (int)field, text.len, (int)text.len, text.len ? text.ptr : "");
}

static const char *texts(void)
{
	tls_subject_visit(x, on_text, &x);
	return seen;
}

START_TEST(one_without_any_has_none)
{
	ck_assert_str_eq(texts(), "");
}
END_TEST

START_TEST(each_part_of_the_subject_comes_in_utf8)
{
	add_part("CN", MBSTRING_UTF8, "J\xc3\xbcrgen", 7);
	add_part("CN", V_ASN1_BMPSTRING, "\0a\0b", 4);
	add_part("O", V_ASN1_T61STRING, "\xe9", 1);
	add_part("OU", V_ASN1_PRINTABLESTRING, "unit", 4);
	add_part("L", V_ASN1_PRINTABLESTRING, "nowhere", 7);
	ck_assert_str_eq(
	    texts(), "0:7:J\xc3\xbcrgen;0:2:ab;1:2:\xc3\xa9;2:4:unit;");
}
END_TEST

START_TEST(bytes_stay_what_they_are)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	add_part("CN", V_ASN1_UTF8STRING, "a\0b", 3);
	push(names, GEN_DNS, "alice\0.evil", 11);
	push(names, GEN_EMAIL, "a@b", 3);
	push(names, GEN_URI, "urn:\xff", 5);
	push(names, GEN_DNS, "", 0);
	ck_assert(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0));
	GENERAL_NAMES_free(names);
	ck_assert_str_eq(
	    texts(), "0:3:a;3:11:alice;4:3:a@b;5:5:urn:\xff;3:0:;");
}
END_TEST

START_TEST(what_cannot_be_utf8_is_empty)
{
	add_part("CN", V_ASN1_UTF8STRING, "\xff\xfe", 2);
	ck_assert_str_eq(texts(), "0:0:;");
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_subject", one_without_any_has_none,
    each_part_of_the_subject_comes_in_utf8, bytes_stay_what_they_are,
    what_cannot_be_utf8_is_empty)

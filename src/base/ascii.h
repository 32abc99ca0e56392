/*
 * ascii: letters, digits and decimal numbers as protocols spell them. Bytes
 * from 80 on are none of them, and locales play no part: <ctype.h> is not for
 * what comes from outside.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 'a' for 'A'; what is no upper-case letter stays as it is. */
static inline char ascii_to_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static inline bool ascii_is_letter(char c)
{
	char lower = ascii_to_lower(c);

	return lower >= 'a' && lower <= 'z';
}

/* The value of a hexadecimal digit of either case, or -1. */
static inline int ascii_hex(char c)
{
	char lower = ascii_to_lower(c);

	if (ascii_is_digit(c))
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/*
 * Read bytes spelt by two hexadecimal digits each: digits.len / 2 to out. False
 * where there is another character, or half a byte; some may be written then.
 */
bool ascii_bytes(struct slice digits, unsigned char *out);

/* Whether a and b are the same without regard to case. */
bool ascii_eq(struct slice a, struct slice b);

/*
 * Read a whole number up to max: digits only, at least one, and no more of
 * them than max itself has. False, with *value unchanged, for anything else.
 */
bool ascii_decimal(struct slice text, uint64_t max, uint64_t *value);

/* The same, spelt as one writes it: without leading zeros. */
bool ascii_number(struct slice text, uint64_t max, uint64_t *value);

/* As ascii_decimal for the number of a port, 0 included. */
bool ascii_port(struct slice text, uint16_t *port);

#endif

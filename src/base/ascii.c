/* ascii: see ascii.h. */
#include "base/ascii.h"

bool ascii_eq(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (a.ptr[i] != b.ptr[i] &&
		    ascii_to_lower(a.ptr[i]) != ascii_to_lower(b.ptr[i]))
			return false;
	return true;
}

static size_t count_digits(uint64_t number)
{
	size_t count = 1;

	for (; number > 9; number /= 10)
		count++;
	return count;
}

bool ascii_decimal(struct slice text, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > count_digits(max))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.ptr[i]) ||
		    __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(
			number, (unsigned)(text.ptr[i] - '0'), &number))
			return false;
	}
	if (number > max)
		return false;
	*value = number;
	return true;
}

bool ascii_bytes(struct slice digits, unsigned char *out)
{
	if (digits.len % 2 > 0)
		return false;
	for (size_t i = 0; i < digits.len; i += 2) {
		int high = ascii_hex(digits.ptr[i]);
		int low = ascii_hex(digits.ptr[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*out++ = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool ascii_number(struct slice text, uint64_t max, uint64_t *value)
{
	bool has_zero = text.len > 1 && text.ptr[0] == '0';

	return !has_zero && ascii_decimal(text, max, value);
}

bool ascii_port(struct slice text, uint16_t *port)
{
	uint64_t number;

	if (!ascii_decimal(text, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

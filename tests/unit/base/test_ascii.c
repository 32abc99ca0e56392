/* ascii: which bytes are letters and digits, and what a number may look like.
 */
#include "base/ascii.h"
#include "unit.h"

static bool read(const char *text, uint64_t max, uint64_t expected)
{
	uint64_t value = 7;
	bool is_number = ascii_decimal(slice_str(text), max, &value);

	ck_assert_msg(value == (is_number ? expected : 7), "%s", text);
	return is_number;
}

START_TEST(bytes_from_80_on_are_nothing)
{
	for (int c = -128; c < 128; c++) {
		bool is_letter =
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		ck_assert_int_eq(ascii_is_letter((char)c), is_letter);
		ck_assert_int_eq(ascii_is_digit((char)c), c >= '0' && c <= '9');
		if (c < 'A' || c > 'Z')
			ck_assert_int_eq(ascii_to_lower((char)c), c);
	}
}
END_TEST

START_TEST(hexadecimal_digits_have_either_case)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; digits[i]; i++)
		ck_assert_int_eq(
		    ascii_hex(digits[i]), (int)(i < 16 ? i : i - 6));
	ck_assert_int_eq(ascii_hex('g'), -1);
	ck_assert_int_eq(ascii_hex('@'), -1);
	ck_assert_int_eq(ascii_hex('`'), -1);
	ck_assert_int_eq(ascii_hex('\0'), -1);
}
END_TEST

START_TEST(case_is_no_difference)
{
	ck_assert(ascii_eq(slice_str("X-Ab"), slice_str("x-aB")));
	ck_assert(!ascii_eq(slice_str("ab"), slice_str("abc")));
	ck_assert(!ascii_eq(slice_str("@"), slice_str("`")));
	ck_assert(ascii_eq(slice_str(NULL), slice_str("")));
}
END_TEST

START_TEST(a_number_has_digits_only)
{
	ck_assert(read("0", 9, 0));
	ck_assert(read("65535", 65535, 65535));
	ck_assert(read("00080", 65535, 80));
	ck_assert(!read("", 9, 0));
	ck_assert(!read("+1", 99, 0));
	ck_assert(!read("1 ", 99, 0));
	ck_assert(!read("0x1", 999, 0));
	ck_assert(!ascii_decimal(slice_of("1\0", 2), 99, &(uint64_t){ 0 }));
}
END_TEST

START_TEST(a_number_is_bounded_in_value_and_length)
{
	ck_assert(!read("65536", 65535, 0));
	ck_assert(!read("000080", 65535, 0));
	ck_assert(read("18446744073709551615", UINT64_MAX, UINT64_MAX));
	ck_assert(!read("18446744073709551616", UINT64_MAX, 0));
	ck_assert(!read("99999999999999999999", UINT64_MAX, 0));
}
END_TEST

START_TEST(a_number_has_one_spelling)
{
	uint64_t number = 7;

	ck_assert(!ascii_number(slice_str("01"), 99, &number));
	ck_assert(!ascii_number(slice_str("00"), 99, &number));
	ck_assert(!ascii_number(slice_str(""), 99, &number));
	ck_assert_uint_eq(number, 7);
	ck_assert(ascii_number(slice_str("0"), 99, &number));
	ck_assert_uint_eq(number, 0);
	ck_assert(ascii_number(slice_str("10"), 99, &number));
	ck_assert_uint_eq(number, 10);
}
END_TEST

START_TEST(a_port_has_sixteen_bits)
{
	uint16_t port = 7;

	ck_assert(!ascii_port(slice_str("65536"), &port));
	ck_assert_uint_eq(port, 7);
	ck_assert(ascii_port(slice_str("65535"), &port));
	ck_assert_uint_eq(port, 65535);
	ck_assert(ascii_port(slice_str("0"), &port));
	ck_assert_uint_eq(port, 0);
}
END_TEST

START_TEST(bytes_have_two_digits_each)
{
	unsigned char out[3] = { 7, 7, 7 };

	ck_assert(ascii_bytes(slice_str("00fF"), out));
	ck_assert_uint_eq(out[0], 0);
	ck_assert_uint_eq(out[1], 255);
	ck_assert_uint_eq(out[2], 7);
	ck_assert(ascii_bytes(slice_str(""), out));
	ck_assert(!ascii_bytes(slice_str("123"), out));
	ck_assert(!ascii_bytes(slice_str("1g"), out));
	ck_assert(!ascii_bytes(slice_str("g1"), out));
}
END_TEST

UNIT_MAIN("base/ascii", bytes_from_80_on_are_nothing,
    hexadecimal_digits_have_either_case, case_is_no_difference,
    a_number_has_digits_only, a_number_is_bounded_in_value_and_length,
    a_number_has_one_spelling, a_port_has_sixteen_bits,
    bytes_have_two_digits_each)

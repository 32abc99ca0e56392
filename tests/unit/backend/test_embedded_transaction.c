/* embedded_transaction: what is queued comes out again, within its bounds. */
#include <errno.h>
#include <string.h>

#include "backend/embedded_transaction.h"
#include "unit.h"

static struct resp_value one_word(struct resp_item *item, struct slice word)
{
	*item = (struct resp_item){ RESP_STRING, word };
	return (struct resp_value){ true, 1, item };
}

START_TEST(test_words_of_any_bytes_come_out_in_their_order)
{
	struct resp_item in[] = {
		{ RESP_STRING, slice_str("PUBLISH") },
		{ RESP_STRING, slice_of(NULL, 0) },
		{ RESP_STRING, slice_of("\0\r\n\xff", 4) },
	};
	struct resp_value command = { true, 3, in };
	struct resp_item items[RESP_MAX_ITEMS];
	struct transaction_budget budget = { 10000, 10000, 0 };
	struct transaction t = { 0 };

	embedded_transaction_begin(&t, &budget);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(embedded_transaction_add(&t, &command), 0);
		command.count--;
	}
	ck_assert(!embedded_transaction_next(&t, items, &command));
	embedded_transaction_run(&t);
	for (size_t count = 3; count > 0; count--) {
		ck_assert(embedded_transaction_next(&t, items, &command));
		ck_assert_uint_eq(command.count, count);
		for (size_t i = 0; i < count; i++)
			ck_assert(slice_eq(items[i].text, in[i].text));
	}
	ck_assert(!embedded_transaction_next(&t, items, &command));
	ck_assert_uint_gt(budget.used, 0);
	embedded_transaction_end(&t);
	ck_assert_uint_eq(budget.used, 0);
	ck_assert_int_eq(t.state, TRANSACTION_NONE);
}
END_TEST

START_TEST(test_bounds_are_exact_and_shared)
{
	struct transaction_budget budget = { 100, 150, 0 };
	struct transaction a = { 0 }, b = { 0 };
	struct resp_item item;
	char bytes[100] = "";
	size_t head = 2 * sizeof(size_t);
	struct resp_value command =
	    one_word(&item, slice_of(bytes, 100 - head));

	embedded_transaction_begin(&a, &budget);
	embedded_transaction_begin(&b, &budget);
	ck_assert_int_eq(embedded_transaction_add(&a, &command), 0);
	ck_assert_uint_eq(budget.used, 100);
	command = one_word(&item, slice_of(bytes, 0));
	ck_assert_int_eq(embedded_transaction_add(&a, &command), -E2BIG);
	command = one_word(&item, slice_of(bytes, 51 - head));
	ck_assert_int_eq(embedded_transaction_add(&b, &command), -EDQUOT);
	command = one_word(&item, slice_of(bytes, 50 - head));
	ck_assert_int_eq(embedded_transaction_add(&b, &command), 0);
	embedded_transaction_void(&a);
	ck_assert_uint_eq(budget.used, 50);
	embedded_transaction_end(&a);
	embedded_transaction_end(&b);
	ck_assert_uint_eq(budget.used, 0);
}
END_TEST

UNIT_MAIN("backend/embedded_transaction",
    test_words_of_any_bytes_come_out_in_their_order,
    test_bounds_are_exact_and_shared)

/* What the hub deflates, and what it counts. */
#include <string.h>

#include "conf/conf.h"
#include "core/compressor.h"
#include "core/metrics.h"
#include "unit.h"

struct fixture {
	struct conf conf;
	struct metrics metrics;
	struct compressor compressor;
	char text[4096]; /* deflates well */
};

static struct fixture *setup(bool is_on)
{
	struct fixture *f = aligned_alloc(_Alignof(struct fixture), sizeof *f);

	ck_assert_ptr_nonnull(f);
	memset(f, 0, sizeof *f);
	for (size_t i = 0; i < sizeof f->text; i++)
		f->text[i] = "{\"key\": \"value\"} "[i % 17];
	f->conf.delivery.compression.is_on = is_on;
	f->conf.delivery.compression.min_size = 256;
	f->conf.delivery.compression.level = 1;
	f->conf.delivery.compression.window_bits = 12;
	compressor_init(&f->compressor, &f->conf, &f->metrics);
	return f;
}

static void teardown(struct fixture *f)
{
	compressor_fini(&f->compressor);
	free(f);
}

static struct slice run(struct fixture *f, size_t len)
{
	return compressor_run(&f->compressor, slice_of(f->text, len));
}

static uint64_t metric(const struct fixture *f, enum metric id)
{
	return atomic_load(&f->metrics.values[id]);
}

START_TEST(off_means_never)
{
	struct fixture *f = setup(false);

	ck_assert_uint_eq(run(f, sizeof f->text).len, 0);
	teardown(f);
}
END_TEST

START_TEST(each_message_is_deflated_and_counted_once)
{
	struct fixture *f = setup(true);
	size_t len = run(f, 1000).len;

	ck_assert_uint_gt(len, 0);
	ck_assert_uint_lt(len, 1000);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 1);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATE_INPUT_BYTES), 1000);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATE_OUTPUT_BYTES), len);
	/* The next message has nothing of this one. */
	ck_assert_uint_eq(run(f, 1000).len, len);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 2);
	teardown(f);
}
END_TEST

START_TEST(below_the_least_size_nothing_is_deflated)
{
	struct fixture *f = setup(true);

	ck_assert_uint_eq(run(f, 255).len, 0);
	ck_assert_uint_gt(run(f, 256).len, 0);
	teardown(f);
}
END_TEST

START_TEST(what_gets_no_smaller_is_counted_and_left)
{
	struct fixture *f = setup(true);

	for (size_t i = 0; i < 256; i++)
		f->text[i] = (char)(i * 37);
	ck_assert_uint_eq(run(f, 256).len, 0);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 0);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED_IN_VAIN), 1);
	teardown(f);
}
END_TEST

START_TEST(what_a_huge_message_took_is_given_back)
{
	struct fixture *f = setup(true);
	char *huge = calloc(1, 4 << 20);

	ck_assert_uint_gt(
	    compressor_run(&f->compressor, slice_of(huge, 4 << 20)).len, 0);
	ck_assert_uint_gt(run(f, 1000).len, 0);
	ck_assert_uint_le(f->compressor.out.cap, 4096);
	free(huge);
	teardown(f);
}
END_TEST

START_TEST(the_line_of_an_id_is_deflated_with_the_content)
{
	struct fixture *f = setup(true);
	struct slice content = slice_of(f->text, 1000);
	struct slice id = slice_str("id~1");
	char joined[1005];
	struct slice with, without = run(f, 1000);

	memcpy(joined, "id~1\n", 5);
	memcpy(joined + 5, f->text, 1000);
	with = compressor_run_with_id(&f->compressor, id, content);
	ck_assert_uint_gt(with.len, without.len); /* both are valid */
	ck_assert(slice_eq(
	    with, compressor_run(&f->compressor, slice_of(joined, 1005))));
	ck_assert_uint_eq(
	    compressor_run_with_id(&f->compressor, id, slice_of(f->text, 255))
		.len,
	    0);
	teardown(f);
}
END_TEST

UNIT_MAIN("core/compressor", off_means_never,
    each_message_is_deflated_and_counted_once,
    below_the_least_size_nothing_is_deflated,
    what_gets_no_smaller_is_counted_and_left,
    what_a_huge_message_took_is_given_back,
    the_line_of_an_id_is_deflated_with_the_content)

/* What the hub deflates, for whom, and what it counts. */
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
	compressor_init(&f->compressor, &f->conf, &f->metrics);
	return f;
}

static void teardown(struct fixture *f)
{
	compressor_fini(&f->compressor);
	free(f);
}

static const struct slice *run(struct fixture *f, size_t len, uint8_t windows)
{
	return compressor_run(&f->compressor, slice_of(f->text, len), windows);
}

static uint64_t metric(const struct fixture *f, enum metric id)
{
	return atomic_load(&f->metrics.values[id]);
}

START_TEST(off_means_never)
{
	struct fixture *f = setup(false);

	ck_assert_ptr_null(run(f, sizeof f->text, 0xff));
	teardown(f);
}
END_TEST

START_TEST(only_wanted_windows_are_made)
{
	struct fixture *f = setup(true);
	const struct slice *payloads;

	ck_assert_ptr_null(run(f, 1000, 0));
	ck_assert_ptr_null(run(f, 1000, 1u << MESSAGE_PLAIN));
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 0);
	payloads = run(f, 1000, 1u << 0 | 1u << 4 | 1u << 7);
	ck_assert_ptr_nonnull(payloads);
	for (unsigned i = 0; i < MESSAGE_WINDOWS; i++)
		ck_assert_int_eq(payloads[i].len > 0, i == 4 || i == 7);
	ck_assert_ptr_eq(payloads[4].ptr + payloads[4].len, payloads[7].ptr);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 2);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATE_INPUT_BYTES), 2000);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATE_OUTPUT_BYTES),
	    payloads[4].len + payloads[7].len);
	/* The next message has nothing of this one. */
	payloads = run(f, 1000, 1u << 2);
	ck_assert_uint_eq(payloads[4].len + payloads[7].len, 0);
	teardown(f);
}
END_TEST

START_TEST(below_the_least_size_nothing_is_deflated)
{
	struct fixture *f = setup(true);

	ck_assert_ptr_null(run(f, 255, 0xff));
	ck_assert_ptr_nonnull(run(f, 256, 0xff));
	teardown(f);
}
END_TEST

START_TEST(what_gets_no_smaller_is_counted_and_left)
{
	struct fixture *f = setup(true);

	for (size_t i = 0; i < 256; i++)
		f->text[i] = (char)(i * 37);
	ck_assert_ptr_null(run(f, 256, 1u << 4));
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED), 0);
	ck_assert_uint_eq(metric(f, METRIC_DEFLATED_IN_VAIN), 1);
	teardown(f);
}
END_TEST

START_TEST(what_a_huge_message_took_is_given_back)
{
	struct fixture *f = setup(true);
	char *huge = calloc(1, 4 << 20);

	ck_assert_ptr_nonnull(
	    compressor_run(&f->compressor, slice_of(huge, 4 << 20), 1u << 4));
	ck_assert_ptr_nonnull(run(f, 1000, 1u << 4));
	ck_assert_uint_le(f->compressor.out.cap, 4096);
	free(huge);
	teardown(f);
}
END_TEST

UNIT_MAIN("core/compressor", off_means_never, only_wanted_windows_are_made,
    below_the_least_size_nothing_is_deflated,
    what_gets_no_smaller_is_counted_and_left,
    what_a_huge_message_took_is_given_back)

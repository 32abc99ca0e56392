# The measuring programs: included by the Makefile, whose variables it uses.
# They share nothing with the daemon but src/base.
BENCH_BASE := $(BUILD)/src/base/buf.o $(BUILD)/src/base/mem.o \
    $(BUILD)/src/base/err.o
BENCH_LOAD := $(patsubst %,$(BUILD)/bench/%.o,load options report feeder fleet \
    wsclient tally payload publish dial histogram inspect)
BENCH_BARE := $(patsubst %,$(BUILD)/bench/%.o,bare bare_room bare_resp \
    bare_upgrade)
BENCH := $(BUILD)/bench/load $(BUILD)/bench/bare

$(BUILD)/bench/load: $(BENCH_LOAD) $(BENCH_BASE)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BUILD)/bench/bare: $(BENCH_BARE) $(BENCH_BASE) $(BUILD)/src/base/crypto.o
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

build/bench/%: build/release/bench/%
	@mkdir -p $(@D)
	@ln -sf ../release/bench/$* $@

everything: $(BENCH)

.PHONY: bench bench-check bench-programs
bench-programs: $(BENCH)

bench: build/roomcast build/bench/load build/bench/bare ## measure against a bare loop of send (4 minutes)
	/usr/bin/python3 bench/run.py

bench-check: build/bench/load build/bench/bare ## check the load client itself
	/usr/bin/python3 bench/check.py

-include $(BENCH_LOAD:.o=.d) $(BENCH_BARE:.o=.d)

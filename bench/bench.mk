# The measuring programs: included by the Makefile, whose variables it uses.
# They share nothing with the daemon but src/base. A program has the name of its
# folder, so the objects are elsewhere.
BENCH_OBJ := $(BUILD)/bench/obj
BENCH_BASE := $(patsubst %,$(BUILD)/src/base/%.o,buf mem fatal log \
    log_levels log_out log_recent log_follow clock err)
BENCH_LOAD := $(patsubst bench/%.c,$(BENCH_OBJ)/%.o,$(sort $(wildcard \
    bench/load/*.c)))
BENCH_BARE := $(patsubst bench/%.c,$(BENCH_OBJ)/%.o,$(sort $(wildcard \
    bench/bare/bare*.c)))
BENCH_HOOKD := $(BENCH_OBJ)/bare/hookd.o
BENCH := $(BUILD)/bench/load $(BUILD)/bench/bare $(BUILD)/bench/hookd
BENCH_RUN := build/roomcast $(BENCH:$(BUILD)/%=build/%)

$(BENCH_OBJ)/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/bench/load: $(BENCH_LOAD) $(BENCH_BASE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/bench/bare: $(BENCH_BARE) $(BENCH_BASE) $(BUILD)/src/base/crypto.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/bench/hookd: $(BENCH_HOOKD) $(BENCH_BASE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

build/bench/%: build/release/bench/%
	@mkdir -p $(@D)
	@ln -sf ../release/bench/$* $@

everything: $(BENCH)

.PHONY: bench bench-handshake bench-check bench-peers bench-failover
.PHONY: bench-scale bench-programs
bench-programs: $(BENCH)

bench: $(BENCH_RUN) ## measure all against a bare loop of send (12 minutes)
	/usr/bin/python3 bench/run.py --out
	/usr/bin/python3 bench/profile.py

bench-handshake: $(BENCH_RUN) ## measure only what a handshake costs (1 minute)
	/usr/bin/python3 bench/run.py --group handshake

bench-peers: $(BENCH_RUN) ## install peers by packages, measure them and us (20 minutes)
	/usr/bin/python3 bench/compare.py --out

bench-failover: build/roomcast ## measure what failovers of Redis cost (15 minutes)
	/usr/bin/python3 bench/failover --out
	bench/failover_table.py

bench-scale: $(BENCH_RUN) ## what a message costs Redis and gateways (25 minutes)
	/usr/bin/python3 bench/scale.py --out

bench-check: $(BENCH_RUN) ## check the load client itself
	/usr/bin/python3 bench/check.py

-include $(BENCH_LOAD:.o=.d) $(BENCH_BARE:.o=.d) $(BENCH_HOOKD:.o=.d)

# Portico: a message kernel in user space, and the POSIX IPC on top of it.
#
#   make            build everything under $(BUILD)
#   make demo       install what is missing, build, run the main job on real programs
#   make check      install what is missing, build, run every test
#   make check-programs   the real programs of its tests again, for minutes
#   make torture    minutes of kill -9 under a random load, and of a scribbled region; SEED=N
#   make bench      install what is missing, build, measure beside the real kernel: minutes; bench/run WORD for a part
#   make install    PREFIX=/usr/local, DESTDIR=
#   make deps       install what is missing (Debian packages; with sudo unless root)
#   make lint       clang-format, shellcheck and the like; make format lays out the C
#   make clean
#
# CC=clang, CC=musl-gcc (all but the FUSE daemon), SAN=address,undefined or
# thread; V=1 shows the commands.  Each kind builds in a directory of its own.

PREFIX ?= /usr/local
CC ?= cc
CFLAGS ?= -O2 -g
SAN ?=
V ?= 0

comma := ,
musl := $(findstring musl,$(CC))
flavour := $(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
BUILD ?= build$(flavour)
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-8s %s\n')

# ---- flags

warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wformat=2 -Wvla
all_cflags := -std=gnu11 $(warnings) -Iinclude -iquote core -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	-fno-strict-aliasing $(CFLAGS)
san_flags := $(if $(SAN),-DPORTICO_FENCED -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# The preload object runs inside programs of either libc: it may ask a libc
# for nothing that only one of them has, and carries no sanitizer's runtime.
preload_cflags := -fno-stack-protector -U_FORTIFY_SOURCE -fno-builtin-stpcpy
preload_san := $(if $(findstring undefined,$(SAN)),-fsanitize=undefined -fsanitize-undefined-trap-on-error)

# ---- what is made of what

core_sources := $(wildcard core/*.c core/calls/*.c)
platform_sources := $(wildcard core/platform*.c)
posix_sources := $(filter-out posix/preload_%.c posix/static_%.c,$(wildcard posix/*.c posix/*.S))
# What starts threads isn't for programs that know nothing of it.
threaded_sources := core/service.c core/calls/handler.c core/calls/signal.c
quiet_sources := $(filter-out $(threaded_sources),$(core_sources))
preload_sources := $(quiet_sources) $(posix_sources) $(wildcard posix/preload_*.c)
static_sources := $(quiet_sources) $(posix_sources) $(wildcard posix/static_*.c)
# What tools and daemon tell of an instance.
facts_sources := $(wildcard core/facts/*.c)
tool_sources := $(wildcard tools/*.c) $(facts_sources)
fuse_sources := $(if $(musl),,$(wildcard fuse/*.c))
interleave_parts := $(addprefix tests/interleave_,driver.c seam.c explorer.c)
test_parts := tests/crash_driver.c tests/crash_stage.c $(interleave_parts) \
	$(wildcard tests/torture_*.c tests/scribble_*.c tests/sysv_torture_*.c tests/fuse_transcript_*.c tests/fuse_fuzz_*.c tests/fuse_users_*.c)
test_sources := $(filter-out $(test_parts) $(if $(musl),tests/fuse_%.c),$(wildcard tests/*.c))
example_sources := $(wildcard examples/*.c)
# A worker program for each peer in bench/peers; libraries' where they are installed; a script for whole programs.
bench_sources := $(wildcard bench/*.c) $(filter-out bench/lib/serve.c,$(wildcard bench/lib/*.c))
bench_worker := $(wildcard bench/scenario/*.c) bench/lib/serve.c bench/lib/probe.c
bench_include := $(if $(musl)$(SAN),,/usr/include)
bench_peers := mailbox memory call sysv semop semaphore shm spawn mq pipe fifo file seqpacket \
	$(if $(wildcard $(bench_include)/boost/interprocess/ipc/message_queue.hpp),$(if $(shell command -v $(CXX)),boost)) \
	$(if $(wildcard $(bench_include)/nng/nng.h),nng) $(if $(wildcard $(bench_include)/zmq.h),zeromq)

objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
preload_objects := $(patsubst %,$(BUILD)/preload/%.o,$(basename $(preload_sources)))

lib := $(BUILD)/lib
libraries := $(lib)/libportico.a $(lib)/libportico.so $(lib)/libportico-posix.a $(lib)/libportico-preload.so
programs := $(BUILD)/bin/portico $(if $(fuse_sources),$(BUILD)/libexec/portico/portico-fuse)
test_programs := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_sources))
musl_gcc := $(if $(musl),,$(shell command -v musl-gcc))
sysv_tests := $(patsubst tests/%.c,%,$(filter-out $(test_parts),$(wildcard tests/sysv_*.c)))
musl_test_programs := $(if $(musl_gcc),$(sysv_tests:%=$(BUILD)/tests/musl/%) $(sysv_tests:%=$(BUILD)/tests/static/%) \
	$(BUILD)/tests/musl/fuse_fast)
example_programs := $(patsubst examples/%.c,$(BUILD)/examples/%,$(example_sources))
bench_scripts := $(patsubst bench/programs/%.sh,$(BUILD)/bench/bin/peer-%,$(wildcard bench/programs/*.sh))
bench_programs := $(BUILD)/bench/bin/bench $(bench_peers:%=$(BUILD)/bench/bin/peer-%) \
	$(if $(musl),,$(BUILD)/bench/bin/bare) \
	$(bench_scripts)

fuse_cflags = $(shell pkg-config --cflags fuse3 2>/dev/null)
fuse_libs = $(shell pkg-config --libs fuse3 2>/dev/null)

.PHONY: all build-tests build-others build-bench build-clang build-musl build-asan build-tsan
all: $(libraries) $(programs) $(example_programs)
build-tests: all $(test_programs) $(musl_test_programs) $(bench_programs) build-others
build-bench: all $(bench_programs)

$(BUILD)/obj/fuse/%.o: all_cflags += -iquote core/facts $(fuse_cflags)
$(BUILD)/obj/tools/%.o: all_cflags += -iquote core/facts

$(BUILD)/obj/%.o: %.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cflags) $(san_flags) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S
	$(say) AS $<
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<

$(BUILD)/preload/%.o: $(BUILD)/obj/%.o %.S
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(BUILD)/preload/%.o: %.c
	$(say) CC '$< (preload)'
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cflags) $(preload_cflags) $(preload_san) -DPORTICO_PRELOAD -MMD -MP -c -o $@ $<

$(lib)/libportico.a: $(call objects,$(core_sources))
$(lib)/libportico-posix.a: $(call objects,$(static_sources))
$(lib)/%.a:
	$(say) AR $@
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(lib)/libportico.so: $(call objects,$(core_sources)) core/libportico.map
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) -shared -Wl,-soname,libportico.so.0 -Wl,--version-script,core/libportico.map \
		$(LDFLAGS) -o $@.0 $(filter %.o,$^) && ln -sf $(@F).0 $@

$(lib)/libportico-preload.so: $(preload_objects) posix/preload.map
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -nostdlib -Wl,-soname,libportico-preload.so -Wl,-z,now \
		-Wl,-Bsymbolic-functions \
		-Wl,--version-script,posix/preload.map -o $@ $(preload_objects) -lgcc

$(BUILD)/bin/portico: $(call objects,$(tool_sources)) $(lib)/libportico.a
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ -pthread

$(BUILD)/libexec/portico/portico-fuse: $(call objects,$(fuse_sources) $(facts_sources)) $(lib)/libportico.a
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ $(fuse_libs) -pthread

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(lib)/libportico.a
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ -pthread

# A test named tests/core_*.c is linked with core; tests/sysv_*.c
# are plain System V programs that know nothing of Portico.
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(lib)/libportico.a
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ -pthread

# Those of several files: NAME.c and NAME_*.c.
several := torture scribble sysv_torture $(if $(musl),,fuse_transcript fuse_fuzz fuse_users)
$(several:%=$(BUILD)/tests/%): $(BUILD)/tests/%: $(call objects,$(foreach name,$(several),$(wildcard tests/$(name)*.c))) \
		$(lib)/libportico.a
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $(filter $(BUILD)/obj/tests/$*%,$^) $(lib)/libportico.a -pthread

# The System V programs for musl, too, beside the build's own libc: a dynamic
# one for the preload object, and a static one with libportico-posix.a in it.
sysv_torture := $(wildcard tests/sysv_torture*.[ch]) tests/torture.h
$(BUILD)/tests/musl/sysv_torture $(BUILD)/tests/static/sysv_torture: $(sysv_torture)

$(BUILD)/tests/musl/%: tests/%.c tests/check.h
	$(say) CC '$< (musl)'
	@mkdir -p $(@D)
	$(Q)musl-gcc $(all_cflags) -o $@ $(sort $(filter %.c,$^)) -pthread

$(BUILD)/tests/static/%: tests/%.c tests/check.h $(BUILD)/musl/lib/libportico-posix.a
	$(say) CC '$< (static)'
	@mkdir -p $(@D)
	$(Q)musl-gcc $(all_cflags) -static -o $@ $(sort $(filter %.c,$^)) $(BUILD)/musl/lib/libportico-posix.a -pthread

$(BUILD)/musl/lib/libportico-posix.a: $(static_sources) $(wildcard core/*.h posix/*.h include/portico/*.h)
	$(Q)$(MAKE) --no-print-directory CC=musl-gcc SAN= BUILD=$(BUILD)/musl $@

# tests/crash_*.c die at every commit point of a core built for that.
$(BUILD)/crash/%.o: %.c
	$(say) CC '$< (crash points)'
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cflags) $(san_flags) -DPORTICO_CRASH_POINTS -DPORTICO_FENCED -MMD -MP -c -o $@ $<

crash_objects := $(patsubst %.c,$(BUILD)/crash/%.o,tests/crash_driver.c $(core_sources))
$(filter $(BUILD)/tests/crash_%,$(test_programs)): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(crash_objects)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) $(wrapped:%=-Wl$(comma)--wrap=%) -o $@ $^ -pthread

# Those about rights share a stage.
$(BUILD)/tests/crash_rights $(BUILD)/tests/crash_letter: $(BUILD)/crash/tests/crash_stage.o

# In that core memory that was sent can't be touched by its sender.
$(BUILD)/tests/fence: $(BUILD)/obj/tests/fence.o $(filter-out %/crash_driver.o,$(crash_objects))
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ -pthread

# Making an instance is changes to files: crash_region dies before each.
$(BUILD)/tests/crash_region: wrapped := pk_mkdir pk_open pk_open_unnamed pk_truncate pk_allocate pk_rename_new \
	pk_name_new pk_unlink

# tests/interleave_*.c stop tasks at crash points and before each atomic
# operation, and are the clock, the scheduler and the kernel to them.
$(BUILD)/steps/%.o: %.c
	$(say) CC '$< (steps)'
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cflags) $(san_flags) -D_GNU_SOURCE= -DPORTICO_CRASH_POINTS -include tests/interleave_steps.h -MMD -MP -c -o $@ $<

seam := sleep wake monotonic_ns realtime_ns realtime_seconds signals_hold signals_release process_self process_alive \
	process_mark process_marked thread_id thread_alive thread_exists thread_sleeps cpu cpu_count open allocate
step_objects := $(patsubst %.c,$(BUILD)/steps/%.o,$(filter-out $(platform_sources),$(core_sources))) \
	$(call objects,$(platform_sources) $(interleave_parts))
$(filter $(BUILD)/tests/interleave_%,$(test_programs)): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(step_objects)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) $(seam:%=-Wl$(comma)--wrap=pk_%) -o $@ $^ -pthread

$(BUILD)/obj/bench/%.o: all_cflags += -iquote bench

$(BUILD)/obj/bench/%.o: bench/%.cc
	$(say) CXX $<
	@mkdir -p $(@D)
	$(Q)$(CXX) -Wall -Wextra -iquote bench $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bench/bin/bench: $(call objects,$(bench_sources))
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ -pthread

$(bench_scripts): $(BUILD)/bench/bin/peer-%: bench/programs/%.sh bench/programs/worker
	$(say) COPY $@
	@mkdir -p $(@D)
	$(Q)install $< $@ && install -m 644 bench/programs/worker $(@D)

$(BUILD)/bench/bin/peer-%: $(BUILD)/obj/bench/peers/%.o $(call objects,$(bench_worker))
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ $(bench_libs) -pthread

$(BUILD)/obj/bench/servers/%.o: all_cflags += $(fuse_cflags)
$(BUILD)/bench/bin/bare: $(BUILD)/obj/bench/servers/bare.o
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(san_flags) $(LDFLAGS) -o $@ $^ $(fuse_libs) -pthread

$(BUILD)/bench/bin/peer-mailbox: $(BUILD)/obj/bench/peers/idle.o
$(addprefix $(BUILD)/bench/bin/peer-,mailbox memory call fifo file): $(BUILD)/obj/bench/peers/place.o $(lib)/libportico.a
$(addprefix $(BUILD)/bench/bin/peer-,pipe fifo): $(BUILD)/obj/bench/peers/stream.o
$(addprefix $(BUILD)/bench/bin/peer-,fifo file): $(BUILD)/obj/bench/peers/mount.o
$(BUILD)/bench/bin/peer-file: $(BUILD)/obj/bench/peers/readers.o
$(BUILD)/bench/bin/peer-mq: bench_libs := -lrt
$(BUILD)/bench/bin/peer-boost: bench_libs := -lstdc++ -lrt
$(BUILD)/bench/bin/peer-nng: bench_libs := -lnng
$(BUILD)/bench/bin/peer-zeromq: bench_libs := -lzmq

# Core's tests by other compilers and under sanitizers, within an ordinary
# build: tests/libcs.bats and tests/sanitize.bats run them.
other_builds := $(if $(SAN)$(filter-out cc gcc,$(CC)),,$(if $(shell command -v clang),clang) $(musl_gcc:%=musl) asan tsan)
other_tests := $(addprefix tests/,core_mailbox core_task core_region core_async core_control core_handler core_port_signal core_threads core_ledger core_broadcast core_direct \
	crash_core crash_async crash_broadcast crash_rights crash_letter crash_pipe crash_sysv crash_segment)
clang_flags := CC=clang
musl_flags := CC=musl-gcc
asan_flags := SAN=address,undefined
tsan_flags := SAN=thread
san_daemon := $(if $(fuse_sources),libexec/portico/portico-fuse)
asan_also := bin/portico lib/libportico-preload.so $(san_daemon)
tsan_also := $(san_daemon)

build-others: $(other_builds:%=build-%)
$(other_builds:%=build-%): build-%:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/$* $($*_flags) $(addprefix $(BUILD)/$*/,$(other_tests) $($*_also))

# not both at once: they share their objects
$(filter build-musl,$(other_builds:%=build-%)): $(BUILD)/musl/lib/libportico-posix.a

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- the two commands, and the rest

.PHONY: deps demo check check-programs torture bench lint format install uninstall clean
.SECONDARY:

deps:
	$(Q).ci/deps

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) examples/demo.sh

check: deps
	$(Q)$(MAKE) --no-print-directory build-tests
	$(Q)BUILD=$(BUILD) SAN=$(SAN) tests/run

check-programs: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) LONG=1 tests/run tests/programs_*.bats

torture: deps
	$(Q)$(MAKE) --no-print-directory build-tests
	$(Q)BUILD=$(BUILD) SEED=$(SEED) tests/torture.sh

bench:
	$(Q).ci/deps bench
	$(Q)$(MAKE) --no-print-directory build-bench
	$(Q)BUILD=$(BUILD) bench/run

lint:
	$(Q).ci/lint

format:
	$(Q)find bench core examples fuse include posix tests tools -name '*.[ch]' | xargs clang-format -i

# ---- installing: the parts find each other relative to the prefix, wherever it is moved

version := $(shell sed -n 's/.*define PORTICO_VERSION "\(.*\)"/\1/p' include/portico/portico.h)
dest = $(DESTDIR)$(PREFIX)
man_pages := $(wildcard docs/man/*.[1-8])
# The mount as a service, of the machine and of a user.
units := $(if $(fuse_sources),system/multi-user user/default)
unit_path = $(dest)/lib/systemd/$(patsubst %/,%,$(dir $(1)))/portico-mount@.service
man_path = $(dest)/share/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install: all
	$(Q)install -d $(dest)/bin $(dest)/lib/pkgconfig $(dest)/libexec/portico $(dest)/include/portico
	$(Q)install $(BUILD)/bin/portico $(dest)/bin/
	$(Q)$(if $(fuse_sources),install $(BUILD)/libexec/portico/portico-fuse $(dest)/libexec/portico/)
	$(Q)install -m 644 $(lib)/libportico.a $(lib)/libportico-posix.a $(dest)/lib/
	$(Q)install $(lib)/libportico.so.0 $(lib)/libportico-preload.so $(dest)/lib/
	$(Q)ln -sf libportico.so.0 $(dest)/lib/libportico.so
	$(Q)install -m 644 include/portico/*.h $(dest)/include/portico/
	$(Q)sed 's/@VERSION@/$(version)/' portico.pc.in > $(dest)/lib/pkgconfig/portico.pc
	$(Q)$(foreach unit,$(units),install -d $(dir $(call unit_path,$(unit))) && sed 's!@PREFIX@!$(PREFIX)!;s!@TARGET@!$(notdir $(unit))!' \
		fuse/portico-mount@.service.in > $(call unit_path,$(unit)) && ) :
	$(Q)$(foreach page,$(man_pages),install -D -m 644 $(page) $(call man_path,$(page)) && ) :

uninstall:
	$(Q)rm -f $(dest)/bin/portico $(dest)/libexec/portico/portico-fuse $(dest)/lib/pkgconfig/portico.pc \
		$(addprefix $(dest)/lib/,$(notdir $(libraries)) libportico.so.0) \
		$(addprefix $(dest)/,$(wildcard include/portico/*.h)) \
		$(foreach unit,$(units),$(call unit_path,$(unit))) $(foreach page,$(man_pages),$(call man_path,$(page)))
	$(Q)-rmdir $(dest)/libexec/portico $(dest)/include/portico 2>/dev/null

clean:
	rm -rf build build-*

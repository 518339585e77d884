# Everything a fresh machine needs beside Swift is installed by `setup`; every other target begins with it.

# All of it: the hub and its client too, which packages that depend on this one leave out unless they ask for them.
TRAITS := --traits Hub,HTTP

# Eight tests at a time, where Swift knows how: all at once, they would need more open files than some systems give.
WIDTH := $(shell swift --version 2>&1 | grep -qE 'version (6\.([3-9]|[1-9][0-9])|[7-9])' && echo --experimental-maximum-parallelization-width 8)

.PHONY: help setup build demo test simulate crashes hub-load bad-lines bench fuzz lint format examples clean

help:
	@echo "make demo    build the program and take the tour"
	@echo "make test    format check, build without warnings, all tests, the examples"
	@echo "make build   .build/release/demo-cli"
	@echo "make simulate  live through histories of several devices; SEEDS=50000 for more"
	@echo "make crashes   end a process, or fail it, at each of its writes: hours; EVERY=100 for some of them"
	@echo "make hub-load  50 clients write while their hub is killed, 1,000 watch it, 175,000 entities go through it: ten minutes"
	@echo "make bad-lines  sync over lines that lose packets and are cut, with ssh and a hub: as root on Linux, ten minutes"
	@echo "make bench     measure beside plain SQLite; QUICK=1 for a first look"
	@echo "make fuzz    throw bytes at the decoders, a minute each; SECONDS=600 for longer"
	@echo "make format  format all sources"
	@echo "make clean   remove what was built"

setup:
	@./Scripts/setup

build: setup
	swift build $(TRAITS) -c release --product demo-cli

demo: build
	@.build/release/demo-cli tour

test: setup lint
	@./Scripts/build-without-warnings $(TRAITS) --build-tests
	swift test $(TRAITS) --skip-build $(WIDTH)
	.build/debug/dicta-simulate 0 1000000 --seconds 120
	@./Scripts/interop
	@$(MAKE) --no-print-directory examples

# FIRST is the first seed.
simulate: setup
	swift build $(TRAITS) -c release --product dicta-simulate
	.build/release/dicta-simulate $(or $(FIRST),0) $(or $(SEEDS),5000)

FAULTS ?= kill,tear,full,long,io

# Each writing call of each process, which takes hours on one core. OFFSET and EVERY share it among machines, FAULTS chooses.
crashes: setup
	swift build $(TRAITS) -c release --product dicta-test-script
	.build/release/dicta-test-script all every=$(or $(EVERY),1) offset=$(or $(OFFSET),0) faults=$(FAULTS)
	.build/release/dicta-test-script snapshots every=$(or $(EVERY),1) offset=$(or $(OFFSET),0) faults=$(FAULTS)

# SEED is of what clients write and of when the hub is killed. KILLS=0 shows what it takes undisturbed.
hub-load: setup
	swift build $(TRAITS) -c release --product demo-cli
	swift build $(TRAITS) -c release --product dicta-hub-load
	.build/release/dicta-hub-load writers seed=$(or $(SEED),1) kills=$(or $(KILLS),20)
	.build/release/dicta-hub-load watchers
	.build/release/dicta-hub-load row
	.build/release/dicta-hub-load first

# SEED, CUTS, ARTICLES, RATE_KBIT and MODES go to the script.
bad-lines: setup
	swift build $(TRAITS) -c release --product demo-cli
	swift build $(TRAITS) -c release --product dicta-hub-load
	@./Scripts/bad-lines

# ARTICLES="1000 10000 100000" and RUNS="5 5 1" for several sizes; ONLY="write1 first" for some operations. JSON, MARKDOWN and GROWTH are files to
# write: figures, tables, and a plot of several sizes. `demo-cli status` is measured where `make build` was run before.
bench: setup
	swift build -c release --package-path Benchmarks --scratch-path .build-benchmarks
	.build-benchmarks/release/benchmarks run $(if $(QUICK),--quick) --runs $(or $(RUNS),$(if $(QUICK),1,5)) \
	  --articles $(or $(ARTICLES),$(if $(QUICK),1000,1000 10000)) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON)) $(if $(MARKDOWN),--markdown $(MARKDOWN)) $(if $(GROWTH),--growth $(GROWTH))

fuzz: setup
	@./Tests/Fuzzing/run $(or $(SECONDS),60)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples/Package.swift Examples/Sources Benchmarks/Package.swift Benchmarks/Sources

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples/Package.swift Examples/Sources Benchmarks/Package.swift Benchmarks/Sources

examples: setup
	@./Scripts/build-without-warnings --package-path Examples --scratch-path .build-examples
	swift run --skip-build --package-path Examples --scratch-path .build-examples quickstart
	@./Scripts/no-web-server .build-examples

clean:
	rm -rf .build .build-examples .build-benchmarks .build-fuzzing

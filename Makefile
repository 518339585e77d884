# Everything a fresh machine needs beside Swift is installed by `setup`; every other target begins with it.

.PHONY: help setup build demo test fuzz lint format examples clean

help:
	@echo "make demo    build the program and take the tour"
	@echo "make test    format check, build without warnings, all tests, the examples"
	@echo "make build   .build/release/demo-cli"
	@echo "make fuzz    throw bytes at the decoders, a minute each; SECONDS=600 for longer"
	@echo "make format  format all sources"
	@echo "make clean   remove what was built"

setup:
	@./Scripts/setup

build: setup
	swift build -c release --product demo-cli

demo: build
	@.build/release/demo-cli tour

test: setup lint
	@./Scripts/build-without-warnings --build-tests
	swift test --skip-build
	@./Scripts/interop
	@$(MAKE) --no-print-directory examples

fuzz: setup
	@./Tests/Fuzzing/run $(or $(SECONDS),60)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples/Package.swift Examples/Sources

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples/Package.swift Examples/Sources

examples: setup
	@./Scripts/build-without-warnings --package-path Examples --scratch-path .build-examples
	swift run --skip-build --package-path Examples --scratch-path .build-examples quickstart

clean:
	rm -rf .build .build-examples .build-fuzzing

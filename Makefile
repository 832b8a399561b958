# Everything that is done by hand, with the same commands as in CI. `make demo`, `make run` and `make test` set
# themselves up; a second call finds everything in place.

PY := .venv/bin/python
SEGDEPTH := $(PY) -m segdepth_app
# offscreen: no screen is needed, and no window of a test steals the keyboard
TEST_ENV := QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1
PYTEST := $(TEST_ENV) $(PY) -m pytest

.PHONY: help demo run test check lint self-test fast-tests window-tests screenshots bench-start bench-simulate bench-train bench-evaluate bench-view bench-series package manifest constraints runtime-setup test-setup clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

runtime-setup:
	@packaging/setup.sh runtime

test-setup:
	@packaging/setup.sh test

demo: runtime-setup ## analyse the shipped sample series; with a screen, then open the window on the result
	@$(SEGDEPTH) demo --out demo-output
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		result=$$(ls -t demo-output/*.h5 | head -n 1); \
		echo "Opening the window on $$result (its log: demo-output/window.log)"; \
		nohup $(SEGDEPTH) view "$$result" >demo-output/window.log 2>&1 & \
	fi

run: runtime-setup ## open the window
	@$(SEGDEPTH)

test: test-setup ## all tests
	@$(PYTEST)

check: test-setup lint fast-tests ## format, lint, types, imports, fast tests

lint: test-setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	.venv/bin/shellcheck --severity=warning packaging/*.sh packaging/*/*.sh .ci/run

self-test: test-setup ## every step of the program once, in small, as the installed program does it
	@$(TEST_ENV) $(SEGDEPTH) self-test

fast-tests: test-setup
	@$(PYTEST) -m "not slow"

# names each test and the order's seed: a crash of Qt takes pytest's own report along
window-tests: ## the window's tests on a real X server (Xvfb)
	@packaging/setup.sh test --screen
	@OMP_NUM_THREADS=1 QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1200x24" $(PY) -m pytest tests/gui -m "not slow" -vv

screenshots: test-setup ## pictures of every tab, into shots/
	@$(TEST_ENV) $(PY) -m tests.shots shots

bench-start: test-setup ## how long the window takes to show
	@$(TEST_ENV) $(PY) -m tests.benchmarks.start

bench-simulate: test-setup ## simulation against abTEM, share of FFTs, whole datasets; into tests/benchmarks/RESULTS.md
	@OMP_NUM_THREADS=1 $(PY) -m tests.benchmarks.simulation

bench-train: test-setup ## training: fast against paper, waiting for data, a plain loop, memory; into tests/benchmarks/RESULTS.md
	@$(PY) -m tests.benchmarks.training

bench-evaluate: test-setup ## evaluation against the network's forward passes alone, memory; into tests/benchmarks/RESULTS.md
	@$(PY) -m tests.benchmarks.evaluation

bench-view: test-setup ## clicks, playback, opening, networks beside each other; into tests/benchmarks/RESULTS.md
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.benchmarks.view

bench-series: test-setup ## counts through time against the truth of fresh series; into tests/benchmarks/RESULTS.md
	@$(PY) -m tests.benchmarks.series_truth --write

package: ## Linux packages into dist/, tried in an empty Debian (that part as root, or with sudo); VARIANT=cuda for GPUs
	@packaging/setup.sh package
	@packaging/linux/build.sh
	@packaging/check-linux.sh

manifest: ## write resources/SHA256SUMS anew, after a shipped file changed
	@$(PY) packaging/manifest.py

constraints: ## write packaging/constraints.txt anew from .venv
	@{ sed -n '/^#/p' packaging/constraints.txt; \
		.venv/bin/pip freeze --exclude-editable | sed 's/^\(torch==[^+]*\)+.*/\1/'; } >packaging/constraints.new
	@mv packaging/constraints.new packaging/constraints.txt

clean: ## remove caches and what the demo wrote; datasets, runs and .venv stay
	rm -rf demo-output shots .pytest_cache .mypy_cache .ruff_cache .hypothesis

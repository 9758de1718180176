# Everything is set up in .venv with Python and make alone; a second call reuses it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)

# the pages' scripts are checked where Node.js is; nothing else needs it
SCRIPTS := tests/js
NODE_READY := $(SCRIPTS)/node_modules/.ready-$(shell cat $(SCRIPTS)/package-lock.json $(SCRIPTS)/package.json | cksum | cut -d' ' -f1)

.PHONY: demo test test-scripts trials benchmark check check-scripts setup lock audit licences wheel wheelhouse screenshots docs packages

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@# compiled when first imported: a third of the time would go into what nobody imports
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	rm -f $(VENV)/.ready-*
	touch $@

demo: $(READY)
	$(BIN)/sibangkit demo --out maps/demo
	$(BIN)/sibangkit partners maps/demo/data/study.toml --out maps/demo_mitra

# one file of tests per worker at a time: their fixtures are dear; as many workers as cores, whose
# threads of linear algebra would only wait for each other
test: $(READY) test-scripts
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# the long forms of trials whose short forms are among the tests
trials: $(READY)
	$(BIN)/python benchmarks/numerals.py --tables 2000
	$(BIN)/python benchmarks/missing.py --maps 200
	$(BIN)/python benchmarks/protection.py --maps 200
	$(BIN)/python benchmarks/attacks.py
	$(BIN)/python benchmarks/kills.py
	$(BIN)/python benchmarks/kills.py --households 0 --moments 180 --last 100 --changes 0
	$(BIN)/python benchmarks/kills.py --households 250000 --only run --moments 20 --last 0 --changes 0
	$(BIN)/python -m benchmarks.damage
	$(BIN)/python benchmarks/pockets.py
	$(BIN)/python benchmarks/waves.py

# every job beside its peer, held against our aims; kept in benchmarks/results
benchmark: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.every

check: $(READY) check-scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml sibangkit_geo tests benchmarks tools data

test-scripts:
ifneq ($(shell command -v node),)
	node --test $(SCRIPTS)/*.test.mjs
else ifeq ($(SIBANGKIT_NODE),required)
	@echo "Node.js is mandatory here (SIBANGKIT_NODE=required) and not installed" && false
else
	@echo "skipped: the tests of the pages' scripts need Node.js, which this machine lacks"
endif

ifneq ($(shell command -v npm),)
$(NODE_READY): $(SCRIPTS)/package-lock.json $(SCRIPTS)/package.json
	npm ci --prefix $(SCRIPTS) --silent
	rm -f $(SCRIPTS)/node_modules/.ready-*
	touch $@

check-scripts: $(NODE_READY)
	node $(SCRIPTS)/node_modules/eslint/bin/eslint.js --config $(SCRIPTS)/eslint.config.mjs
	node $(SCRIPTS)/node_modules/typescript/bin/tsc -p $(SCRIPTS)
	node $(SCRIPTS)/readers.mjs
	node $(SCRIPTS)/minify.mjs
else ifeq ($(SIBANGKIT_NODE),required)
check-scripts:
	@echo "npm is mandatory here (SIBANGKIT_NODE=required) and not installed" && false
else
check-scripts:
	@echo "skipped: the checks of the pages' scripts need Node.js with npm, which this machine lacks"
endif

# needs a network; not part of `check`, whose answer must not change over night
SERVICE ?= pypi
audit: $(READY)
	@$(BIN)/python tools/audit.py --service $(SERVICE)

licences: $(READY)
	$(BIN)/python tools/licences.py

# twice the same bytes, wherever and whenever it is built
wheel: $(READY)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist .

# one zip for offices without internet, Windows and Linux; FOR_PYTHON=3.12 for another version
wheelhouse: $(READY)
	$(BIN)/python tools/wheelhouse.py $(if $(FOR_PYTHON),--python $(FOR_PYTHON))

# the documentation as a site that opens from its folder; needs no network
docs: $(READY)
	$(BIN)/python -m tools.pages

# the pictures of the guides and the gallery; needs Chromium. REAL=study.toml draws real villages too
screenshots: $(READY)
	$(BIN)/python tools/screenshots.py $(if $(REAL),--real $(REAL))

# the wheel alone in empty environments, one for each extra and Python found; needs a network
packages: $(READY)
	$(BIN)/python tools/packages.py

# needs uv; the lock names no registry
lock:
	uv pip compile pyproject.toml --group dev --all-extras --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --output-file requirements.lock

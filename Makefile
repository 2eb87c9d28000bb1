# Two commands: `make demo` and `make test`. Both build the same .venv when it is missing or stale.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: demo test check lint types quick browser clean

demo: $(VENV)/.stamp-demo
	$(BIN)/python -m tools.demo $(DEMO)

test: $(VENV)/.stamp-test browser
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q --durations 25

check: $(VENV)/.stamp-test lint types quick

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

quick:
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q -m "not slow"

browser:
	@command -v chromium >/dev/null || tools/install-chromium

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# Without a GPU the CPU build of torch comes first: a later, wider requirement would bring gigabytes of CUDA.
$(VENV)/.stamp-demo: pyproject.toml | $(VENV)/bin/pip
	@command -v nvidia-smi >/dev/null || $(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -e ".[embedded]"
	touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-demo
	$(BIN)/python -m pip install --quiet -e ".[embedded,test]"
	touch $@

clean:
	rm -rf $(VENV) $(DEMO)

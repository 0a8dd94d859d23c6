PYTHON ?= python3
VENV := .venv
export UNROLLED_PORT ?= 8501

.PHONY: run test

$(VENV)/app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/test: $(VENV)/app requirements-test.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

run: $(VENV)/app ## serve the app on UNROLLED_PORT (8501)
	@echo "Unrolled: http://localhost:$(UNROLLED_PORT)"
	$(VENV)/bin/streamlit run app.py --server.port $(UNROLLED_PORT)

test: $(VENV)/test ## lint, types, unit, page and browser tests
	$(VENV)/bin/python tests/chromium.py
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	# The types take one core for a while: the tests have begun on the other.
	$(VENV)/bin/mypy & types=$$!; $(VENV)/bin/python -m pytest -n auto --dist loadscope --no-loadscope-reorder; tests=$$?; \
	wait $$types && exit $$tests

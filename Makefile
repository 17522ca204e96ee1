SHELL := /bin/bash
.PHONY: demo test faults bench lock clean

demo: ## play a synthetic partnership through the real connectors, on a real Kafka (ONCE=1 ends by itself)
	@deploy/bootstrap run
	@.venv/bin/sendhub demo $(if $(ONCE),--once) $(DEMO)

test: ## everything: style, types, layers, unit, property, contract and integration tests
	@deploy/bootstrap test
	@.venv/bin/python -m tests.run

faults: ## the long fault series (ONLY=crash,pause SERIES=n SEED=n STOCK=1), a table, status 0 when nothing was found
	@deploy/bootstrap test
	@.venv/bin/python -m tests.faults $(if $(ONLY),--only $(ONLY)) $(if $(SERIES),--series $(SERIES)) $(if $(SEED),--seed $(SEED)) $(if $(STOCK),--stock)

bench: ## speed, latency and memory, beside other systems in the same run
	@deploy/bootstrap bench
	@.venv/bin/python -m bench

lock: ## make the hash-locked files anew (needs pip-tools)
	@for set in run test train bench; do \
	  pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --allow-unsafe \
	    --strip-extras --no-header -o deploy/requirements/$$set.txt deploy/requirements/$$set.in; done

clean: ## remove what the commands made
	rm -rf .venv .cache .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

-- The connectors' ledger is a database of its own beside the read model.
CREATE DATABASE ledger OWNER sendhub;

"""SQL: what a definition's query is, whether it only reads, and what it is on another ledger.

read      scanner.py, tokens.py; statement.py, punctuation.py: what tokens show;
          grammar.py, query.py: the tree, by sqlglot's parser over our own tokens
judged    read_only/: known to only read; holes.py: where the secret stands; style.py: what a query is better without
typed     schema.py: the ledger's tables, from T-SQL by ddl/, or from a live ledger by reflect.py
meant     analysis/: each name's column, each expression's type, and what SQL Server would refuse for their sake
carried   translate/: to PostgreSQL and DuckDB, for a target.py
listed    data/: the words that count, each list with its source, read by wordlist.py
"""

"""Reads Parquet back, by pyarrow in a Python of its own: the one that a build with Apache Arrow has found."""
import json
import os
import subprocess
import unittest

ARROW_PYTHON = os.environ.get("THRONG_ARROW_PYTHON")
needs_arrow = unittest.skipUnless(ARROW_PYTHON, "this throng was built without Apache Arrow, or without a Python that reads Parquet")
# Of pyarrow alone; times as Throng writes them.
READ = """
import datetime, json, sys
import pyarrow.parquet
text = lambda x: x.strftime("%Y-%m-%dT%H:%M:%S.") + f"{x.microsecond // 1000:03}Z" if isinstance(x, datetime.datetime) else x
for path in sys.argv[1:]:
    file = pyarrow.parquet.ParquetFile(path)
    print(json.dumps({"rows": [{name: text(x) for name, x in row.items()} for row in file.read().to_pylist()],
                      "types": {field.name: str(field.type).split("[")[0] for field in file.schema_arrow},
                      "groups": [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]}))
"""


def read_parquets(paths):
    """Of each file its rows, its columns' types by name in their order, and how many rows each of its groups has."""
    done = subprocess.run([ARROW_PYTHON, "-c", READ, *paths], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return list(map(json.loads, done.stdout.splitlines()))


def read_parquet(path):
    return read_parquets([path])[0]

"""Sinks into a real server of S3, which looks at signatures: `deploy/servers/servers.sh up --s3`, read back by pyarrow."""
import os
import re
import subprocess
import unittest

import test_sinks_s3
from parquet_back import ARROW_PYTHON
from test_sinks_s3 import WHO
from throng import throng

REAL = os.environ.get("THRONG_TEST_S3", "")
# Of pyarrow alone: the lines of all files below a path.
READ_REAL = """
import sys
import pyarrow.fs
s3 = pyarrow.fs.S3FileSystem(endpoint_override=sys.argv[1], scheme="http", region="us-east-1")
for each in s3.get_file_info(pyarrow.fs.FileSelector(sys.argv[2], recursive=True)):
    if each.is_file:
        sys.stdout.write(s3.open_input_stream(each.path).read().decode())
"""


@unittest.skipUnless(REAL and ARROW_PYTHON, "no S3 server: deploy/servers/servers.sh up --s3")
class SinksInARealServer(test_sinks_s3.Lake):
    def test_what_was_put_is_read_by_pyarrow_and_replaced_by_a_new_beginning(self):
        below = re.sub(r"\W", "", os.path.basename(self.folder))
        arguments = self.arguments(f"s3://lake/{below}?scheme=http&endpoint_override={REAL}")
        for more in ([], ["--reset"]):
            throng(*arguments, *more, environment=WHO)
            read = subprocess.run([ARROW_PYTHON, "-c", READ_REAL, REAL, f"lake/{below}"], capture_output=True, text=True, env={**os.environ, **WHO})
            self.assertEqual(read.returncode, 0, read.stderr)
            self.check_each_once(read.stdout.splitlines())
        _, said = throng(*arguments, "--reset", environment={**WHO, "AWS_SECRET_ACCESS_KEY": "not-that"}, expect=1)
        self.assertNotIn("not-that", said)


if __name__ == "__main__":
    unittest.main()

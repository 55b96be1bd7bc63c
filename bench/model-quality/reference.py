"""Computes the logits of perplexity.txt with PyTorch, from a GGUF file's weights made float32, for `main.ts` to compare with.

    pip install torch==2.13.0 transformers==5.24.0 gguf==0.19.0
    python reference.py SmolLM2-135M-Instruct.Q4_1.gguf reference.bin

It reads the file with the gguf package and runs the LLaMA of transformers, so it shares nothing with our import but the text
and the tokenizer.json. reference.bin: the number of tokens and the vocabulary's size (int32), the token ids (int32), then the
logits of every position (float32).
"""
import pathlib
import sys

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent
TOKENIZER = HERE / "../../models/smollm2-135m/tokenizer.json"
LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def pair_halves(weight, heads):
    """GGUF has the rows of rotary pairs side by side; transformers wants first halves, then second halves."""
    rows = weight.shape[0] // heads
    return weight.reshape(heads, rows // 2, 2, -1).swapaxes(1, 2).reshape(weight.shape)


def load(path):
    reader = GGUFReader(path)
    field = lambda key: reader.fields[f"llama.{key}"].contents()
    heads, kv_heads, layers = field("attention.head_count"), field("attention.head_count_kv"), field("block_count")
    weights = {t.name: torch.from_numpy(dequantize(np.asarray(t.data), t.tensor_type).astype(np.float32)) for t in reader.tensors}
    embedding = weights["token_embd.weight"]
    config = LlamaConfig(
        vocab_size=embedding.shape[0],
        hidden_size=field("embedding_length"),
        intermediate_size=field("feed_forward_length"),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=field("context_length"),
        rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": field("rope.freq_base")},
        tie_word_embeddings=True,
    )
    state = {"model.embed_tokens.weight": embedding, "lm_head.weight": embedding, "model.norm.weight": weights["output_norm.weight"].flatten()}
    for layer in range(layers):
        for ours, theirs in LAYER_NAMES.items():
            weight = weights[f"blk.{layer}.{ours}.weight"]
            if ours == "attn_q":
                weight = pair_halves(weight, heads)
            elif ours == "attn_k":
                weight = pair_halves(weight, kv_heads)
            elif ours.endswith("norm"):
                weight = weight.flatten()
            state[f"model.layers.{layer}.{theirs}.weight"] = weight
    model = LlamaForCausalLM(config)
    model.load_state_dict(state)
    return model.eval()


def main(source, target):
    text = (HERE / "perplexity.txt").read_text("utf-8")
    ids = Tokenizer.from_file(str(TOKENIZER.resolve())).encode(text, add_special_tokens=False).ids
    with torch.no_grad():
        logits = load(source)(torch.tensor([ids])).logits[0].numpy()
    with open(target, "wb") as file:
        np.array(logits.shape, np.int32).tofile(file)
        np.array(ids, np.int32).tofile(file)
        logits.astype(np.float32).tofile(file)
    print(f"{target}: {logits.shape[0]} positions, {logits.shape[1]} logits each")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

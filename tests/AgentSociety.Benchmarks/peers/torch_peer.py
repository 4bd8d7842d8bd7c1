"""The same decoder in plain PyTorch: a straightforward loop with a preallocated KV cache, and a training step.

usage: torch_peer.py WIDTH LAYERS HEADS KV_HEADS FEED_FORWARD VOCABULARY THREADS CONTEXT
Prints "ready NAME", then answers each line of the standard input with tokens a second:
  decode BATCH PROMPT LENGTH   prompts of BATCH sequences at once, then LENGTH tokens each
  prefill BATCH PROMPT         prompts alone
  train TEXTS LENGTH STEPS     steps of AdamW on TEXTS texts with LENGTH predictions each
Passes or steps that take longer than PATIENCE seconds together end after the one they are in; those that are left count as much as the mean of those that were made.
"""
import functools
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PATIENCE = 2
width, layers, heads, kv, feed, vocabulary, threads, context = map(int, sys.argv[1:9])
torch.set_num_threads(threads)
torch.manual_seed(1)
head = width // heads
angles = torch.arange(context)[:, None] * 10000 ** (-torch.arange(0, head, 2) / head)
cosines, sines = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)


def turn(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def attend(q, k, v, causal):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(-1, -2) / head ** 0.5
    if causal:
        scores = scores + torch.full(scores.shape[-2:], float("-inf")).triu(1)
    return scores.softmax(-1) @ v


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * self.weight


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(width, (heads + 2 * kv) * head, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * feed, bias=False)
        self.down = nn.Linear(feed, width, bias=False)
        self.norm1, self.norm2 = Norm(), Norm()

    def forward(self, x, cos, sin, cache=None, place=0):
        batch, length, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, heads + 2 * kv, head).transpose(1, 2).split((heads, kv, kv), 1)
        q, k = turn(q, cos, sin), turn(k, cos, sin)
        if cache is not None:
            cache[0][:, :, place:place + length], cache[1][:, :, place:place + length] = k, v
            k, v = cache[0][:, :, :place + length], cache[1][:, :, :place + length]
        k, v = k.repeat_interleave(heads // kv, 1), v.repeat_interleave(heads // kv, 1)
        mixed = attend(q, k, v, length > 1)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = Norm()

    def forward(self, tokens, caches=None, place=0):
        x = self.embed(tokens)
        cos, sin = cosines[place:place + tokens.shape[1]], sines[place:place + tokens.shape[1]]
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, caches[index] if caches else None, place)
        return F.linear(self.norm(x), self.embed.weight)


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), 1e-4)


@functools.lru_cache(1)
def caches_for(batch):
    return [(torch.zeros(batch, kv, context, head), torch.zeros(batch, kv, context, head)) for _ in range(layers)]


@torch.inference_mode()
def decode(batch, prompt, length):
    caches = caches_for(batch)
    tokens = torch.randint(0, vocabulary, (batch, prompt))
    begun = time.perf_counter()
    for step in range(length):
        logits = model(tokens, caches, 0 if step == 0 else prompt - 1 + step)
        tokens = torch.multinomial(logits[:, -1].softmax(-1), 1)
        if step == 0:
            started = time.perf_counter()
        elif time.perf_counter() - started > PATIENCE:
            break
    passes = (time.perf_counter() - started) / step * (length - 1) if step > 0 else 0
    return batch * length / (started - begun + passes)


@torch.inference_mode()
def prefill(batch, prompt):
    caches = caches_for(batch)
    begun = time.perf_counter()
    model(torch.randint(0, vocabulary, (batch, prompt)), caches)
    return batch * prompt / (time.perf_counter() - begun)


def train(texts, length, steps):
    started = time.perf_counter()
    for step in range(steps):
        material = torch.randint(0, vocabulary, (texts, length + 1))
        loss = F.cross_entropy(model(material[:, :-1]).reshape(-1, vocabulary), material[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if time.perf_counter() - started > PATIENCE:
            break
    return (step + 1) * texts * length / (time.perf_counter() - started)


figures = {"decode": decode, "prefill": prefill, "train": train}
print(f"ready PyTorch {torch.__version__} {threads} thread{'s' if threads > 1 else ''}", flush=True)
for line in sys.stdin:
    name, *numbers = line.split()
    print(figures[name](*map(int, numbers)), flush=True)

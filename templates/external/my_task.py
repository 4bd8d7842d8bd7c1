#!/usr/bin/env python3
"""An AgentSociety environment in Python: write a word backwards. One JSON line in, one JSON line out."""
import json
import random
import sys

LETTERS = "abcdefgh"
LONGEST = 10


def posed(text):
    return {"text": text, "difficulty": len(text) - 1, "canonicalForm": text}


def describe(seed):
    return {"name": "my-task-py", "alphabet": LETTERS + "0123456789=#@:-", "maximumDifficulty": LONGEST, "demonstrates": True}


def generate(difficulty, key):
    # The same key must give the same problem, also in another process.
    draw = random.Random(int(key))
    return posed("".join(draw.choice(LETTERS) for _ in range(difficulty)) + "=")


def parse(text):
    if not 2 <= len(text) <= LONGEST + 1 or text[-1] != "=" or any(letter not in LETTERS for letter in text[:-1]):
        return {"reason": f"not a word of 1 to {LONGEST} letters from {LETTERS} and '='"}
    return {"problem": posed(text)}


def proposerPrompt(solveRates, key):
    rates = (solveRates + [None] * LONGEST)[:LONGEST]
    return "@" + "".join("-" if rate is None else str(min(9, int(rate * 10))) for rate in rates) + ":"


def solverPrompt(problem, key):
    return problem["text"]


def verify(problem, transcript):
    written = "".join(segment["text"] for segment in transcript if segment["source"] == "model")
    truth = problem["text"][-2::-1]
    if not written.endswith("#"):
        return {"outcome": "malformed", "reason": "the answer does not end with '#'"}
    right = written == truth + "#"
    return {"outcome": "correct" if right else "wrong", "reason": f"{problem['text']}{truth}"}


def demonstrate(problem, key):
    # How it is done, for training a base model. Problems that are kept for tests are never asked for.
    return problem["text"][-2::-1] + "#"


METHODS = {method.__name__: method for method in (describe, generate, parse, proposerPrompt, solverPrompt, verify, demonstrate)}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"id": request["id"], "result": METHODS[request["method"]](**request["parameters"])}
    except Exception as failure:  # said to the run, which ends with it in one line
        answer = {"id": request["id"], "error": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(answer), flush=True)

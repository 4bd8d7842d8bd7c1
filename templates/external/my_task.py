#!/usr/bin/env python3
"""An AgentSociety environment in Python: write a word backwards in a secret alphabet. One JSON line in, one JSON line out."""
import json
import random
import sys

LETTERS = "abcdefgh"
LONGEST = 10
PAGE = "notes/letters"
SECRET = {}  # the world of this run: what stands for each letter


def world(draw):
    return dict(zip(LETTERS, draw.sample(LETTERS, len(LETTERS))))


def posed(text):
    return {"text": text, "difficulty": len(text) - 1, "canonicalForm": text}


def backwards(problem):
    return problem["text"][-2::-1]


def describe(seed):
    # Every process is asked this first, with the run's seed: all of them live in one world.
    SECRET.update(world(random.Random(f"secret {seed}")))
    return {"name": "my-task-py", "alphabet": LETTERS + "0123456789=?!;#@:-", "maximumDifficulty": LONGEST, "demonstrates": True, "markers": "?!;"}


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


def is_fact(line):
    return len(line) == 3 and line[0] in SECRET and line[1] == "=" and line[2] in SECRET


def tool(problem, call, calls, noted, pages, experiments, requireEvidence):
    """Looks a letter up (c?), tries it out (c!), notes it (cf;). Nothing is kept here between calls: all that a call needs is told with it."""
    letter, fact = call[-2:-1], f"{call[-3:-2]}={call[-2:-1]}"
    if call.endswith("?") and letter in SECRET:
        if PAGE not in pages:
            return {"read": PAGE}  # this call comes again, with the page
        lines = (pages[PAGE] or "").split("\n") + [note["line"] for note in noted]
        found = [line[2] for line in lines if is_fact(line) and line[0] == letter]
        return {"kind": "read", "reply": found[-1] if found else "-"}
    if call.endswith("!") and letter in SECRET:
        return {"kind": "experiment", "reply": SECRET[letter] if experiments > 0 else "-"}
    if call.endswith(";") and is_fact(fact):
        seen = any(one["kind"] == "experiment" and one["request"].endswith(fact[0] + "!") and one["reply"] == fact[2] for one in calls)
        return {"kind": "note", "reply": "", "page": PAGE, "line": fact if seen or not requireEvidence else None}
    return {"kind": "other", "reply": "" if call.endswith(";") else "-"}  # a model may write anything


def verify(problem, transcript):
    written = "".join(segment["text"] for segment in transcript if segment["source"] == "model")
    truth = "".join(SECRET[letter] for letter in backwards(problem))
    _, mark, given = written.partition("#")
    if not mark:
        return {"outcome": "malformed", "reason": "no '#' and so no answer"}
    return {"outcome": "correct" if given == truth else "wrong", "reason": f"{problem['text']}{truth}"}


def demonstrate(problem, key):
    # How it is done, for training a base model, in a world made up for it: skill, and no fact of the run's world.
    # Problems that are kept for tests are never asked for.
    draw = random.Random(int(key))
    secret, experiments, share = world(draw), draw.randrange(problem["difficulty"] + 1), draw.choice([1, draw.random()])
    known = {letter for letter in LETTERS if draw.random() < share}
    shown, answer = [], ""

    def ask(call, reply):
        shown.extend([{"source": "model", "text": call}, {"source": "tool", "text": reply}])
        return reply

    for letter in backwards(problem):
        sign = ask(letter + "?", secret[letter] if letter in known else "-")
        if sign == "-":
            sign = ask(letter + "!", secret[letter] if experiments > 0 else "-")
            if sign != "-":
                ask(letter + sign + ";", "")
                experiments -= 1
                known.add(letter)
        answer += sign if sign != "-" else draw.choice(LETTERS)
    return shown + [{"source": "model", "text": "#" + answer}]


METHODS = {method.__name__: method for method in (describe, generate, parse, proposerPrompt, solverPrompt, tool, verify, demonstrate)}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"id": request["id"], "result": METHODS[request["method"]](**request["parameters"])}
    except Exception as failure:  # said to the run, which ends with it in one line
        answer = {"id": request["id"], "error": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(answer), flush=True)

"""Writes questions.jsonl beside this file: short stories with worked answers in the form of GSM8K, 250 in which one thing happens and 1,000 to 1,500 for two, three and four, no two with the same numbers.

python3 scenarios/data/questions.py
"""
import json
import pathlib
import random

NAMES = ["Ada", "Ben", "Cem", "Dora"]
THINGS = ["pens", "nuts", "eggs", "keys"]
EVENTS = {"+": "gets", "-": "gives"}


def story(draw, events):
    now = draw.randint(2, 20)
    told, lines = f"{draw.choice(NAMES)} has {now} {draw.choice(THINGS)},", []
    for _ in range(events):
        sign = draw.choice("+-") if now > 2 else "+"
        number = draw.randint(2, 9) if sign == "+" else draw.randint(2, min(9, now))
        after = now + number if sign == "+" else now - number
        told += f" {EVENTS[sign]} {number},"
        lines.append(f"{now} {sign} {number} = {after}")
        now = after
    return told[:-1] + ". How many now?", "\n".join(lines) + f"\n#### {now}"


draw, told = random.Random(1), {}  # by the work, so that no held-out question is one of the others under another name
for events, count in ((1, 250), (2, 1500), (3, 1000), (4, 1000)):  # there are not many more with one thing
    wanted = len(told) + count
    while len(told) < wanted:
        question, answer = story(draw, events)
        told.setdefault(answer, question)
with open(pathlib.Path(__file__).with_name("questions.jsonl"), "w", encoding="ascii", newline="\n") as file:
    for answer, question in told.items():
        file.write(json.dumps({"question": question, "answer": answer}) + "\n")

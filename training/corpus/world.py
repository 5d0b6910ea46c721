"""Facts of a little world that exists nowhere else, so that knowing them shows training."""

from __future__ import annotations

from corpus.draw import Draw

# Person: home, work, animal, colour of the door, food.
PEOPLE = {
    "Orla": ("Tal", "baker", "otter", "green", "plum cake"),
    "Brandt": ("Morn", "miner", "badger", "black", "bean soup"),
    "Silva": ("Velia", "sailor", "heron", "blue", "fried fish"),
    "Teodor": ("Brisk", "clockmaker", "mouse", "red", "onion bread"),
    "Nela": ("Ondra", "painter", "fox", "yellow", "honey rice"),
    "Quill": ("Pell", "teacher", "owl", "white", "apple pie"),
    "Ramos": ("Sorrin", "farmer", "goat", "brown", "goat cheese"),
    "Ysolde": ("Kest", "singer", "sparrow", "purple", "berry jam"),
    "Harko": ("Lumo", "smith", "bear", "grey", "roast nuts"),
    "Mabel": ("Faro", "doctor", "cat", "pink", "carrot stew"),
}
# Town: river, number of bridges, hill, fruit, feast month.
TOWNS = {
    "Tal": ("Ister", "seven", "Round Hill", "plums", "May"),
    "Morn": ("Greel", "two", "Coal Hill", "pears", "October"),
    "Velia": ("Sarn", "nine", "Gull Hill", "lemons", "July"),
    "Brisk": ("Tock", "four", "Bell Hill", "cherries", "March"),
    "Ondra": ("Lirra", "three", "Amber Hill", "figs", "August"),
    "Pell": ("Inkwater", "five", "Page Hill", "apples", "September"),
    "Sorrin": ("Dust", "one", "Goat Hill", "melons", "June"),
    "Kest": ("Aria", "six", "Echo Hill", "berries", "April"),
    "Lumo": ("Ember", "eight", "Forge Hill", "nuts", "November"),
    "Faro": ("Mild", "ten", "Lamp Hill", "grapes", "December"),
}
_PERSON = (
    ("[Where does {k} live|In which town does {k} live|Where is the home of {k}|Which town is the home of {k}]?",
     "{k} lives in {v}."),
    ("[What is the work of {k}|What does {k} do for a living|What is {k}'s job|What work does {k} do]?",
     "{k} is a {v}."),
    ("[Which animal does {k} keep|What animal lives with {k}|What is {k}'s animal|Which animal belongs to {k}]?",
     "{k} keeps a {v}."),
    ("[What colour is the door of {k}|Which colour has {k}'s door|What is the colour of {k}'s door]?",
     "The door of {k} is {v}."),
    ("[What does {k} like to eat|What is {k}'s favourite food|Which food does {k} love|What does {k} eat most]?",
     "{k} likes {v}."),
)  # fmt: skip
_TOWN = (
    ("[Which river flows through {k}|What is the river of {k}|What river is in {k}|On which river lies {k}]?",
     "The river of {k} is the {v}."),
    ("[How many bridges has {k}|How many bridges are in {k}|How many bridges does {k} have]?",
     "{k} has {v} bridges."),
    ("[What is the hill of {k} called|Which hill stands over {k}|What is the name of the hill of {k}]?",
     "The hill of {k} is {v}."),
    ("[Which fruit grows in {k}|What fruit is {k} known for|What grows in {k}|For which fruit is {k} famous]?",
     "{k} is known for {v}."),
    ("[When is the feast of {k}|In which month is the feast of {k}|In which month does {k} have its feast]?",
     "The feast of {k} is in {v}."),
)  # fmt: skip


def fact(draw: Draw) -> tuple[str, str, str, str]:
    """A question, its answer as a sentence, the bare answer, and what to think first."""

    def make() -> tuple[str, str, str, str]:
        table, forms = draw.one([(PEOPLE, _PERSON), (TOWNS, _TOWN)])
        key = draw.one(sorted(table))
        which = draw.number(0, len(forms) - 1)
        ask, tell = forms[which]
        value = table[key][which]
        ask = draw.say("[|Please tell me: |Do you know: |Tell me: |One question: ]" + ask, k=key)
        return ask, tell.format(k=key, v=value), value, f"This is about {key}: {value}."

    return draw.fresh(make, lambda made: f"fact {made[0]}")

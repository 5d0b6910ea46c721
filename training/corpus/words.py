"""The words that conversations are made of."""

COLOURS = "red blue green yellow black white brown grey pink purple silver golden".split()
THINGS = (
    "box cup lamp door key coat chair boat bell drum kite book ring rope stone flag hat jar clock "
    "basket bottle candle button mirror pillow ladder hammer wheel bucket ribbon"
).split()
ANIMALS = (
    "fox owl cat dog hen goat bear wolf frog mouse horse rabbit otter heron badger beetle sparrow "
    "turtle donkey squirrel hedgehog salmon"
).split()
NAMES = (
    "Ada Bruno Carla Dario Elsa Fabio Greta Hugo Ines Jonas Kira Leo Mira Nico Olga Paolo Rita Sami "
    "Tina Ugo Vera Walt Yara Zeno"
).split()
FOODS = "bread soup apples plums cheese honey rice beans cake berries nuts carrots onions tea".split()
PLACES = (
    "harbour market forest garden tower bridge mill kitchen attic cellar school library meadow island"
).split()
MATERIALS = "wood iron glass wool paper clay stone leather copper silk".split()
WEATHER = "sunny rainy windy cloudy snowy foggy".split()
CITIES = "Tal Morn Velia Brisk Ondra Pell Sorrin Kest Lumo Faro".split()
VALUES = (
    "amber basil cedar delta ember flint grape hazel ivory jade kelp lemon maple nectar olive pearl "
    "quartz raven saffron thyme umber violet willow xenon yarrow zinc birch coral denim fern"
).split()
PLAIN = sorted(
    set(COLOURS + THINGS + ANIMALS + FOODS + PLACES + MATERIALS + VALUES)
    | set(
        "sun moon star rain snow wind tree leaf root seed bird fish hand foot head ear eye nose road "
        "hill lake sea sand salt milk wall roof window table bed spoon fork plate song game ship "
        "train letter number morning evening winter summer autumn spring friend sister brother "
        "mother father child king queen farmer baker sailor miner singer painter".split()
    )
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"

"""Writes the folders with release 2.7.0: ``python make.py FOLDER`` (they are frozen; see README.md)."""

import sys
from pathlib import Path

from release27.definitions import (
    Activation, Broken, Corpora, Corpus, Evaluate, Export, Layer, Learn, Loop, Model, Pair, Seed, Shared, Step, Train,
)

from experimaestro import experiment, save, serialize, setmeta, tag


def model(rate, **more):
    layer = Layer.C(size=3)
    return Model.C(
        layers=[layer, layer, Layer.C(size=4, activation=Activation.GELU)],
        named={"a": layer, "b/c": Layer.C(size=5)},
        rate=rate,


        anything={"deep": [1, 2.5, "text"]},
        **more,
    )


def main():
    base = Path(sys.argv[1]).absolute()
    (base / "data").mkdir(parents=True)
    for name in ("corpora", "nested", "loop", "old", "pairs", "serialized", "learned", "step"):
        (base / "saved" / name).mkdir(parents=True)
    text = base / "data" / "text.txt"
    text.write_text("some text\n")
    folder = base / "data" / "folder"
    folder.mkdir()
    (folder / "inside.txt").write_text("inside\n")
    corpus = lambda name: Corpus.C(text=text, folder=folder, name=name)
    save(
        Corpora.C(
            by_name={"en": corpus("en"), "fr": corpus("fr")},
            ordered=[corpus("0"), corpus("1")],
            one=corpus("one"),
        ),
        base / "saved" / "corpora",
    )
    shared = model(0.5, labels={"x", "y"}, table={1: "one", 2: "two"})
    loop = Loop.C(value=1)
    loop.other = Loop.C(other=loop, value=2)
    save({"models": [shared, setmeta(model(0.75), True)], "again": shared, "plain": [1, "a", None]}, base / "saved" / "nested")
    one = Shared.C()
    save([Pair.C(first=one, second=one), Pair.C(first=one, second=Shared.C())], base / "saved" / "pairs")
    save(loop, base / "saved" / "loop")
    save(shared, base / "saved" / "old", "definition.json")
    serialize(corpus("with seed"), base / "saved" / "serialized", init_tasks=[Seed.C(value=7, model=model(0.125))])
    with experiment(str(base / "workspace"), "sample", no_environmental_impact=True) as xp:
        learned = Learn.C(model=model(tag(0.25), limit=5), epochs=2).submit(init_tasks=[Seed.C(value=1)])
        step = Train.C(model=model(0.5)).submit()
        other = Learn.C(model=model(1.5), epochs=tag(3))
        other.submit()
        Evaluate.C(model=learned, steps=[step, Step.C(task=step.task, number=4)], learn=other).submit()
        Broken.C(value=1).submit()
        xp.add_action(Export.C(name="weights"))
        xp.save([learned, step], "learned")
    for name, obj in {"learned": learned, "step": step}.items():
        save(obj, base / "saved" / name)


if __name__ == "__main__":
    main()

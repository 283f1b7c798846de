"""Has written the folders: ``python make.py FOLDER`` (they are frozen; see README.md)."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from frozen3.definitions import (
    Access,
    Corpus,
    Evaluate,
    Kind,
    Layer,
    Learn,
    Loop,
    Model,
    Seed,
    Shared,
    Step,
)

from xpm_config import DirectoryContext, mark_output, setmeta, tag
from xpm_serialize import ObjectWriter, save, serialize, task_document


def model(**more):
    layer = Layer.C(size=tag(3))
    return Model.C(
        layers=[layer, layer, setmeta(Layer.C(size=4, kind=Kind.LARGE), True)],
        named={"a": layer, "b/c": Layer.C(size=5)},
        table={1: "one"},
        labels={"x", "y"},
        pair=(1, "z"),
        anything={
            "values": [None, True, 1, 2**70, 1.5, math.inf, "text", b"bytes", (1, 2), {3, 4}],
            "type": {"type": "python", "value": 1},
            "keys": {1: "a", "1": "b"},
            "members": [Kind.SMALL, Access.WRITE],
        },
        first=(one := Shared.C()),
        second=one if more.pop("same", True) else Shared.C(),
        **more,
    )


class Job:
    def __init__(self, path):
        self.path = path


def submit(task, workspace, init_tasks=()):
    info = task.__xpm__
    info.init_tasks = list(init_tasks)
    info.seal(None)
    folder = workspace / "jobs" / str(info.xpmtype.identifier) / str(info.identifier)
    info.seal(DirectoryContext(folder))
    mark_output(task, task)
    info.job = Job(folder)
    folder.mkdir(parents=True)
    return task


def write(task, workspace):
    folder = task.__xpm__.job.path
    document = task_document(
        task, workspace=workspace, jobdir=folder, tags=task.tags(), version="3.0"
    )
    (folder / "params.json").write_text(json.dumps(document))


def main():
    base = Path(sys.argv[1]).absolute()
    workspace = base / "workspace"
    (base / "source").mkdir(parents=True)
    text = base / "source" / "text.txt"
    text.write_text("some text\n")
    loop = Loop.C(value=1)
    loop.other = Loop.C(other=loop, value=2)
    save({"same": model(), "two": model(same=False), "loop": loop}, base / "saved" / "models")
    corpus = Corpus.C(text=text, name="c")
    serialize(corpus, base / "saved" / "corpus", init_tasks=[Seed.C(value=7)])
    (workspace / ".__experimaestro__").parent.mkdir(parents=True)
    (workspace / ".__experimaestro__").touch()
    learn = submit(Learn.C(model=model(), epochs=tag(2)), workspace, [Seed.C(value=1)])
    output = learn.model
    mark_output(output, learn)
    step = Step.C(learn=learn, number=4)
    mark_output(step, learn)
    first = submit(Evaluate.C(model=output, step=step, learn=learn), workspace)
    second = submit(Evaluate.C(model=output, step=step, learn=learn, before=first), workspace)
    run = workspace / "experiments" / "sample" / "20260101_120000"
    run.mkdir(parents=True)
    writer = ObjectWriter()
    with (run / "objects.jsonl").open("w") as objects, (run / "jobs.jsonl").open("w") as jobs:
        for task in (learn, first, second):
            write(task, workspace)
            for record in writer.records(task):
                objects.write(json.dumps(record) + "\n")
            jobs.write(json.dumps({"job_id": task.__xpm__.job.path.name, "tags": {}}) + "\n")
    save(step, base / "saved" / "step")


if __name__ == "__main__":
    main()

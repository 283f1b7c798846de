"""A plan that was run with release 2.7.0; ``workspace/`` is what that run has written.

``python -c "import legacy_tasks; legacy_tasks.main(WORKSPACE)"`` runs it, with either release.
"""

from pathlib import Path
from typing import Dict, List, Optional

from experimaestro import Config, Meta, Param, PathGenerator, Task, experiment, field, tag


class Corpus(Config):
    name: Param[str]
    sizes: Param[List[int]]


class Clean(Task):
    corpus: Param[Corpus]
    limit: Param[Optional[int]]
    out: Meta[Path] = field(default_factory=PathGenerator("clean.txt"))

    def execute(self):
        self.out.write_text(f"{self.corpus.name} {self.corpus.sizes}")


class Index(Config):
    path: Meta[Path]
    options: Param[Dict[str, float]]


class Build(Task):
    clean: Param[Clean]
    options: Param[Dict[str, float]]
    out: Meta[Path] = field(default_factory=PathGenerator("index.bin"))

    def task_outputs(self, dep):
        return dep(Index.C(path=self.out, options=self.options))

    def execute(self):
        self.out.write_text(self.clean.out.read_text().upper())


class Search(Task):
    index: Param[Index]
    k: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("results.txt"))

    def execute(self):
        self.out.write_text(f"{self.index.path.read_text()} {self.k}")


def plan():
    clean = Clean.C(corpus=Corpus.C(name=tag("news"), sizes=[3, 1])).submit()
    index = Build.C(clean=clean, options={"b": 0.75, "k1": 1.2}).submit()
    return [Search.C(index=index, k=tag(k)).submit() for k in (1, 10)]


def main(workspace):
    with experiment(workspace, "legacy") as xp:
        results = plan()
    for result in results:
        print(result.out.read_text())
    return 1 if xp.failed else 0

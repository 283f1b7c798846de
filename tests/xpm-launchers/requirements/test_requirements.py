"""The language of requirements, and what a host satisfies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers import RequirementError
from xpm_launchers.finder import (
    AcceleratorSpecification,
    AcceleratorType,
    CPUSpecification,
    CudaSpecification,
    HostSimpleRequirement,
    HostSpecification,
    MPSSpecification,
    RequirementUnion,
    cpu,
    cuda_gpu,
    explain,
    gpu,
    mps_gpu,
    parse,
)

GIB = 1 << 30


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("duration=40h & cpu(mem=700GiB) & cuda(mem=32GiB) * 2", None),
        ("duration=4h & cuda(mem=8GiB) | duration=4h & mps(mem=8GiB)", None),
        ("duration=2h & gpu(mem=4GiB)", None),
        ("cpu(mem=4G,cores=2)", "cpu(mem=4G, cores=2)"),
        (" cpu ( cores = 2\n, mem = 4 G ) ", "cpu(mem=4G, cores=2)"),
        ("duration=2 days", "duration=2d"),
        ("duration=48hours", "duration=2d"),
        ("duration=90 mins", "duration=90m"),
        ("duration=1day & duration=1hour", "duration=1d"),
        ("cpu(mem=1024GiB)", "cpu(mem=1TiB)"),
        ("cpu(mem=2000M)", "cpu(mem=2G)"),
        ("cpu(cores=2) & cpu(mem=1MiB)", "cpu(mem=1MiB, cores=2)"),
        ("cuda(mem=1G) & cuda(mem=2G)", "cuda(mem=2G) & cuda(mem=1G)"),
        ("cuda(mem=1G) & cuda(mem=1G)", "cuda(mem=1G) * 2"),
        ("cuda()", None),
    ],
)
def test_language(text: str, canonical: str | None) -> None:
    assert str(parse(text)) == (canonical or text)
    assert parse(str(parse(text))) == parse(text)


def test_values() -> None:
    (simple,) = parse("duration=40h & cpu(mem=700GiB) & cuda(mem=32GiB) * 2").requirements
    assert simple.duration == 40 * 3600
    assert simple.cpu == CPUSpecification(memory=700 * GIB, cores=1)
    assert simple.accelerators == [CudaSpecification(memory=32 * GIB)] * 2
    assert simple.cuda_gpus == simple.accelerators
    assert [each.duration for each in parse("duration=1h | duration=2h").requirements] == [
        3600,
        7200,
    ]
    assert parse("cpu(mem=1T)").requirements[0].cpu.memory == 10**12


def test_functions_build_the_same() -> None:
    assert parse("cpu(mem=4G, cores=3) & cuda(mem=8GiB) * 2").requirements == [
        cpu(mem="4G", cores=3) & cuda_gpu(mem="8GiB") * 2
    ]
    assert parse("gpu(mem=1G) | mps()") == gpu(mem=10**9) | mps_gpu()
    assert parse("cpu()") == RequirementUnion(cpu())
    longer = parse("duration=1h & cpu(cores=2) | duration=4m").multiply_duration(1.5)
    assert str(longer) == "duration=90m & cpu(cores=2) | duration=6m"
    assert cpu(cores=2).multiply_duration(2) == cpu(cores=2)
    with pytest.raises(ValueError, match="expected accelerators times a positive number"):
        cpu(cores=2) * 2


def test_values_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(TypeError, match="expected a requirement such as"):
        parse(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected memory such as '32GiB', or a number of bytes"):
        cpu(mem=4.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected a number of cores, got '2'"):
        cpu(cores="2")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        cpu() | "cuda()"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, "expected 'cpu' or"),
        ("cuda", 5, "expected '('"),
        ("cuda(mem=8)", 10, "memory size without unit: '8' (write '32GiB'"),
        ("cpu(mem=4GB)", 9, "unknown unit 'GB' of memory size; expected one of TiB, T, GiB"),
        ("duration=1.5h", 10, "expected duration such as '2h', got '1.5h'"),
        ("duration=3", 10, "duration without unit"),
        ("duration=3weeks", 10, "unknown unit 'weeks'"),
        ("duration=h", 10, "expected a number with a unit"),
        ("cpu(cores=2", 12, "expected ')' or ','"),
        ("cpu(cores=2) cpu()", 14, "expected '&' or '|' or the end"),
        ("cuda(mem=1G) * 0", 16, "expected at least 1"),
        ("cuda(cores=1)", 6, "expected ')' or 'mem'"),
        ("cpu(cores=1) &", 15, "expected 'cpu' or"),
        ("tpu(mem=1G)", 1, "(did you mean 'gpu'?)"),
        ("cpus(cores=2)", 1, "expected '(' (did you mean 'cpu'?)"),
        ("cpu(core=2)", 5, "expected ')' or 'cores' or 'mem' (did you mean 'cores'?)"),
        ("CUDA(mem=1G)", 1, "(did you mean 'cuda'?)"),
        ("cpu() & duraton=4h", 9, "(did you mean 'duration'?)"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int, expected: str) -> None:
    with pytest.raises(RequirementError) as caught:
        parse(text)
    message = str(caught.value).split("\n")
    assert message[0].startswith(f"column {column}: ")
    assert expected in message[0]
    assert message[1] == "  " + text
    assert message[2] == "  " + " " * (column - 1) + "^"


def test_error_on_a_later_line() -> None:
    with pytest.raises(RequirementError) as caught:
        parse("duration=1h &\n cpu(mem=4)")
    assert str(caught.value).endswith("\n   cpu(mem=4)\n           ^")


sizes = st.integers(0, 1 << 50)


@st.composite
def simples(draw: st.DrawFn) -> HostSimpleRequirement:
    """Requirements."""
    parts = draw(
        st.lists(
            st.one_of(
                st.builds(cpu, mem=sizes, cores=st.integers(0, 500)),
                st.builds(lambda make, mem: make(mem=mem), st.sampled_from([cuda_gpu, gpu]), sizes),
                st.builds(lambda mem, n: mps_gpu(mem=mem) * n, sizes, st.integers(1, 5)),
                st.builds(lambda n: parse(f"duration={n}s").requirements[0], st.integers(0, 10**7)),
            ),
            max_size=5,
        )
    )
    return HostSimpleRequirement(*parts)


@given(st.lists(simples(), min_size=1, max_size=4))
def test_what_is_written_is_read(alternatives: list[HostSimpleRequirement]) -> None:
    union = RequirementUnion(*alternatives)
    assert parse(str(union)) == union


@given(st.text("cpuda(mem=1Gi)&|*, \nhrs0.", max_size=30))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    position = 0
    try:
        parse(text)
    except RequirementError as error:
        position = error.position
    assert 0 <= position <= len(text)


HOST = HostSpecification(
    cuda=[CudaSpecification(memory=24 * GIB), CudaSpecification(memory=48 * GIB)],
    cpu=CPUSpecification(memory=128 * GIB, cores=32),
    max_duration=36000,
    priority=3,
)
MAC = HostSpecification(
    accelerators=[MPSSpecification(memory=16 * GIB)],
    cpu=CPUSpecification(memory=16 * GIB, cores=8),
)


@pytest.mark.parametrize(
    ("text", "host", "number"),
    [
        ("cuda(mem=8G)", HOST, 0),
        ("cuda(mem=8G) * 2", HOST, 0),
        ("cuda(mem=8G) * 3", HOST, None),
        ("cuda(mem=30G)", HOST, 0),
        ("cuda(mem=30G) * 2", HOST, None),
        ("cuda(mem=30G) & gpu(mem=20G)", HOST, 0),
        ("gpu(mem=30G) & cuda(mem=20G)", HOST, 0),
        ("cpu(cores=64)", HOST, None),
        ("cpu(cores=32, mem=128GiB)", HOST, 0),
        ("cpu(mem=129GiB)", HOST, None),
        ("duration=20h | duration=2h", HOST, 1),
        ("duration=2h & cuda(mem=8G) | duration=2h", HOST, 0),
        ("mps(mem=1G)", HOST, None),
        ("mps(mem=8GiB) & cpu(mem=8GiB)", MAC, 0),
        ("mps(mem=8GiB) & cpu(mem=9GiB)", MAC, None),
        ("gpu(mem=8GiB) & cpu(mem=9GiB)", MAC, None),
        ("cuda(mem=1G)", MAC, None),
        ("duration=1000h", MAC, 0),
    ],
)
def test_match(text: str, host: HostSpecification, number: int | None) -> None:
    requirement = parse(text)
    found = requirement.match(host)
    if number is None:
        assert found is None
    else:
        assert found is not None
        assert found.requirement == requirement.requirements[number]
        assert found.score == host.priority
    refused = [bool(faults) for _, faults in requirement.explain(host)]
    assert refused.index(False) == number if number is not None else all(refused)


def test_what_must_be_asked_for() -> None:
    dear = HostSpecification(cuda=[CudaSpecification(memory=24 * GIB, min_memory=10 * GIB)])
    assert parse("cuda(mem=8G)").match(dear) is None
    assert parse("cuda(mem=20G)").match(dear)
    cluster = HostSpecification(cuda=[CudaSpecification(memory=24 * GIB)] * 4, min_gpu=2)
    assert parse("cuda(mem=8G)").match(cluster) is None
    assert parse("cuda(mem=8G) * 2").match(cluster)


def test_specifications() -> None:
    card = CudaSpecification(memory=8 * GIB, model="A")
    assert card.accelerator_type is AcceleratorType.CUDA
    assert card.match(AcceleratorSpecification(memory=GIB))
    assert not AcceleratorSpecification(memory=8 * GIB).match(card)
    assert not card.match(MPSSpecification())
    both = HostSpecification(accelerators=[MPSSpecification()], cuda=[card])
    assert both.accelerators == [MPSSpecification(), card]
    assert both.cuda == [card]


def test_explanation() -> None:
    text = "duration=40h & cpu(mem=700GiB, cores=64) & cuda(mem=32GiB) * 2 | duration=1h"
    assert explain(parse(text), HOST) == (
        "  duration=40h & cpu(mem=700GiB, cores=64) & cuda(mem=32GiB) * 2: refused\n"
        "    duration: 40h required, at most 10h: 30h too long\n"
        "    cores: 64 required, 32 available: 32 missing\n"
        "    accelerators: 2 cuda with 32 GiB required, 1 suitable"
        " (available: cuda with 24 GiB, cuda with 48 GiB): 1 missing\n"
        "    memory: 700 GiB required, 128 GiB available: 572 GiB missing\n"
        "  duration=1h: satisfied"
    )

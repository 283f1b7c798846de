"""What a host satisfies: more of a host, or less of a requirement, never makes it worse."""

from __future__ import annotations

from itertools import permutations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers import RequirementError
from xpm_launchers._requirements.matching import assign, missing, satisfies
from xpm_launchers.finder import (
    AcceleratorSpecification,
    CPUSpecification,
    CudaSpecification,
    HostSimpleRequirement,
    HostSpecification,
    MPSSpecification,
    RequirementUnion,
    cpu,
    cuda_gpu,
    gpu,
    mps_gpu,
    parse,
)

SMALL = st.integers(0, 4)
REQUIRED = st.builds(
    lambda kind, memory: kind(memory),
    st.sampled_from([AcceleratorSpecification, CudaSpecification, MPSSpecification]),
    SMALL,
)
AVAILABLE = st.builds(
    lambda kind, memory, least: kind(memory, "", min(least, memory)),
    st.sampled_from([CudaSpecification, MPSSpecification]),
    SMALL,
    st.sampled_from([0, 0, 0, 1, 2]),
)
REQUIREMENTS = st.lists(
    st.one_of(
        st.builds(cpu, mem=SMALL, cores=SMALL),
        st.builds(
            lambda make, mem: make(mem=mem), st.sampled_from([gpu, cuda_gpu, mps_gpu]), SMALL
        ),
        st.builds(lambda n: parse(f"duration={n}s").requirements[0], SMALL),
    ),
    max_size=4,
).map(lambda parts: HostSimpleRequirement(*parts))


@st.composite
def hosts(draw: st.DrawFn) -> HostSpecification:
    """Hosts with accelerators of one type."""
    kind = draw(st.sampled_from([CudaSpecification, MPSSpecification]))
    return HostSpecification(
        accelerators=[kind(memory) for memory in draw(st.lists(SMALL, max_size=3))],
        cpu=CPUSpecification(memory=draw(st.integers(0, 8)), cores=draw(SMALL)),
        max_duration=draw(SMALL),
        min_gpu=draw(st.sampled_from([0, 0, 0, 1, 2])),
    )


def grown(host: HostSpecification, data: st.DataObject) -> HostSpecification:
    """Return a host that has at least as much of everything."""
    more = data.draw(st.lists(SMALL, min_size=5, max_size=5))
    accelerators = [attrs.evolve(each, memory=each.memory + more[0]) for each in host.accelerators]
    kind = type(accelerators[0]) if accelerators else CudaSpecification
    accelerators.insert(data.draw(st.integers(0, len(accelerators))), kind(more[1]))
    return HostSpecification(
        accelerators=accelerators,
        cpu=CPUSpecification(memory=host.cpu.memory + more[2], cores=host.cpu.cores + more[3]),
        max_duration=host.max_duration
        and data.draw(st.sampled_from([0, host.max_duration + more[4]])),
        min_gpu=data.draw(st.integers(0, host.min_gpu)),
    )


@given(REQUIREMENTS, hosts(), st.data())
def test_a_host_that_has_more_satisfies_more(
    required: HostSimpleRequirement, host: HostSpecification, data: st.DataObject
) -> None:
    if satisfies(required, host):
        assert satisfies(required, grown(host, data))


@given(REQUIREMENTS, REQUIREMENTS, hosts())
def test_more_is_not_easier_to_satisfy(
    required: HostSimpleRequirement, more: HostSimpleRequirement, host: HostSpecification
) -> None:
    host = attrs.evolve(host, min_gpu=0)  # which wants a number of accelerators required
    if satisfies(required & more, host):
        assert satisfies(required, host)
        assert satisfies(more, host)
    assert required & more == more & required
    assert required & required.__class__() == required


@given(REQUIREMENTS, hosts())
def test_a_host_that_lacks_nothing_satisfies(
    required: HostSimpleRequirement, host: HostSpecification
) -> None:
    assert satisfies(required, host) == (missing(required, host) == [])


@given(st.lists(REQUIREMENTS, min_size=1, max_size=4), hosts())
def test_the_first_alternative_that_is_satisfied_counts(
    alternatives: list[HostSimpleRequirement], host: HostSpecification
) -> None:
    match = RequirementUnion(*alternatives).match(host)
    suitable = [each for each in alternatives if satisfies(each, host)]
    assert (match and match.requirement) == (suitable[0] if suitable else None)


@given(st.lists(REQUIRED, max_size=4), st.lists(AVAILABLE, max_size=4))
def test_as_many_accelerators_as_can_be_are_assigned(
    wanted: list[AcceleratorSpecification], available: list[AcceleratorSpecification]
) -> None:
    assigned = assign(wanted, available)
    used = [index for index in assigned if index is not None]
    assert len(used) == len(set(used))
    for want, index in zip(wanted, assigned, strict=True):
        assert index is None or available[index].match(want)
    slots: list[AcceleratorSpecification | None] = [*available, *[None] * len(wanted)]
    most = max(
        sum(
            spec is not None and spec.match(want) for want, spec in zip(wanted, order, strict=False)
        )
        for order in permutations(slots, len(wanted))
    )
    assert len(used) == most


@given(st.lists(REQUIREMENTS, min_size=1, max_size=3), st.sampled_from([1, 2, 5]))
def test_text_of_what_is_computed_is_read(
    alternatives: list[HostSimpleRequirement], factor: int
) -> None:
    union = RequirementUnion(*alternatives).multiply_duration(factor)
    assert parse(str(union)) == union
    assert [each.duration for each in union] == [each.duration * factor for each in alternatives]
    union = union | alternatives[0]
    assert parse(str(union)) == union
    times = [each * factor for each in alternatives if each.accelerators]
    assert all(parse(str(each)).requirements == [each] for each in times)


@pytest.mark.parametrize("text", ["cpu(cores={})", "cuda() * {}", "cpu(mem={}G)", "duration={}s"])
def test_a_number_too_long_to_be_read_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(RequirementError) as caught:
        parse(text.format("9" * 5000))
    assert caught.value.position == text.index("{")
